package millrace.archive;

import static millrace.schema.Tables.BACKUP;
import static millrace.schema.Tables.PLATFORM;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import millrace.archive.BackupRecord.Status;
import millrace.database.Tx;
import millrace.schema.tables.records.BackupRow;

/** The backups that servers made of this database. */
final class BackupStore {
    private static final String KIND = "BACKUP";

    /** False when the id is taken: another process makes this one. */
    boolean begin(Tx tx, String id) {
        return tx.sql()
                        .insertInto(BACKUP)
                        .set(BACKUP.ID, id)
                        .set(BACKUP.KIND, KIND)
                        .set(BACKUP.STATUS, Status.RUNNING.name())
                        .onConflictDoNothing()
                        .execute()
                == 1;
    }

    /** Whether one is being made; one that has run for so long has lost its process. */
    boolean running(Tx tx, Duration atMost) {
        return tx.sql()
                .fetchExists(
                        BACKUP,
                        BACKUP.KIND
                                .eq(KIND)
                                .and(BACKUP.STATUS.eq(Status.RUNNING.name()))
                                .and(BACKUP.CREATED.gt(tx.dialect().nowPlus(atMost.negated()))));
    }

    void verified(Tx tx, String id, Backup.Made made) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.STATUS, Status.VERIFIED.name())
                .set(BACKUP.LOCATION, made.file().toString())
                .set(BACKUP.BYTES, made.bytes())
                .set(BACKUP.ROWS, made.rows())
                .set(BACKUP.CHECKSUM, made.checksum())
                .set(BACKUP.FINISHED, tx.dialect().now())
                .set(BACKUP.UPDATED, tx.dialect().now())
                .where(BACKUP.ID.eq(id))
                .execute();
    }

    void failed(Tx tx, String id, String message) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.STATUS, Status.FAILED.name())
                .set(BACKUP.MESSAGE, message)
                .set(BACKUP.FINISHED, tx.dialect().now())
                .set(BACKUP.UPDATED, tx.dialect().now())
                .where(BACKUP.ID.eq(id))
                .execute();
    }

    /** Newest first. */
    List<BackupRecord> list(Tx tx, int limit) {
        return tx.sql()
                .selectFrom(BACKUP)
                .where(BACKUP.KIND.eq(KIND))
                .orderBy(BACKUP.CREATED.desc(), BACKUP.ID.desc())
                .limit(limit)
                .fetch(BackupStore::fromRow);
    }

    Optional<BackupRecord> find(Tx tx, String id) {
        return tx.sql().selectFrom(BACKUP).where(BACKUP.ID.eq(id)).fetchOptional(BackupStore::fromRow);
    }

    /** Which one is offered is not in the row. */
    private static BackupRecord fromRow(BackupRow row) {
        return new BackupRecord(
                row.getId(),
                row.getCreated(),
                Status.valueOf(row.getStatus()),
                row.getLocation(),
                row.getBytes(),
                row.getRows(),
                row.getChecksum(),
                row.getFinished(),
                row.getMessage(),
                false);
    }

    /** The platform that came first: its administrators run the installation. */
    Optional<String> firstPlatform(Tx tx) {
        return tx.sql()
                .select(PLATFORM.ID)
                .from(PLATFORM)
                .orderBy(PLATFORM.CREATED, PLATFORM.ID)
                .limit(1)
                .fetchOptional(PLATFORM.ID);
    }
}
