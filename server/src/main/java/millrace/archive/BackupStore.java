package millrace.archive;

import static millrace.schema.Tables.BACKUP;
import static millrace.schema.Tables.PLATFORM;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import millrace.archive.BackupRecord.Status;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.schema.tables.records.BackupRow;
import org.jspecify.annotations.Nullable;

/** The backups that were made of this database. */
final class BackupStore {
    private static final String KIND = "BACKUP";

    /** False when the id is taken: another process makes this one. */
    boolean begin(Tx tx, String id, String location) {
        return tx.sql()
                        .insertInto(BACKUP)
                        .set(BACKUP.ID, id)
                        .set(BACKUP.KIND, KIND)
                        .set(BACKUP.STATUS, Status.RUNNING.name())
                        .set(BACKUP.LOCATION, location)
                        .onConflictDoNothing()
                        .execute()
                == 1;
    }

    /** It is still being made. */
    void renew(Tx tx, String id) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.UPDATED, tx.dialect().now())
                .where(BACKUP.ID.eq(id))
                .execute();
    }

    boolean running(Tx tx) {
        return tx.sql().fetchExists(BACKUP, BACKUP.KIND.eq(KIND).and(BACKUP.STATUS.eq(Status.RUNNING.name())));
    }

    /** Those that nobody has renewed for so long have lost their process. */
    void giveUp(Tx tx, Duration unrenewed) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.STATUS, Status.FAILED.name())
                .set(BACKUP.MESSAGE, "its process ended before it was complete")
                .set(BACKUP.FINISHED, BACKUP.UPDATED)
                .where(BACKUP.KIND
                        .eq(KIND)
                        .and(BACKUP.STATUS.eq(Status.RUNNING.name()))
                        .and(BACKUP.UPDATED.lt(tx.dialect().nowPlus(unrenewed.negated()))))
                .execute();
    }

    /** Those that were being made when this copy of the database was. */
    void forgetRunning(Tx tx) {
        tx.sql()
                .deleteFrom(BACKUP)
                .where(BACKUP.KIND.eq(KIND).and(BACKUP.STATUS.eq(Status.RUNNING.name())))
                .execute();
    }

    /** @param version what {@link ArchivePlace#version} says of it; null before it was verified */
    void made(Tx tx, String id, Backup.Made made, @Nullable String version) {
        tx.sql()
                .update(BACKUP)
                .set(BACKUP.STATUS, (version == null ? Status.COMPLETE : Status.VERIFIED).name())
                .set(BACKUP.BYTES, made.bytes())
                .set(BACKUP.ROWS, made.rows())
                .set(BACKUP.CHECKSUM, made.checksum())
                .set(BACKUP.DETAIL, version == null ? null : detail(version))
                .set(BACKUP.FINISHED, tx.dialect().now())
                .set(BACKUP.UPDATED, tx.dialect().now())
                .where(BACKUP.ID.eq(id))
                .execute();
    }

    /** Whether one of this database, with these bytes, is in the list. */
    boolean verified(Tx tx, String location, String checksum, String version) {
        return tx.sql()
                        .update(BACKUP)
                        .set(BACKUP.STATUS, Status.VERIFIED.name())
                        .set(BACKUP.DETAIL, detail(version))
                        .set(BACKUP.UPDATED, tx.dialect().now())
                        .where(BACKUP.KIND
                                .eq(KIND)
                                .and(BACKUP.LOCATION.eq(location))
                                .and(BACKUP.CHECKSUM.eq(checksum)))
                        .execute()
                > 0;
    }

    private static JsonNode detail(String version) {
        return Json.object().put("version", version);
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
                row.getDetail() == null ? null : row.getDetail().path("version").textValue(),
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
