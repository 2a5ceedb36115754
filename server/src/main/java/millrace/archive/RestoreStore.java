package millrace.archive;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;

/** Puts an archive in the place of whatever a database holds, all of it or nothing. */
final class RestoreStore {
    private final Direct direct;
    private final SchemaBuilder schema;
    private final OriginStore origins = new OriginStore();

    RestoreStore(Direct direct) {
        this.direct = direct;
        this.schema = new SchemaBuilder(direct);
    }

    /**
     * Looks at what is to be replaced.
     *
     * @param force whether tables of ours may be there
     * @throws DatabaseRefusal when they are and may not, or are of a newer program, which made tables unknown to this one
     */
    void check(boolean force) {
        try {
            schema.refuseUnknown();
            if (!force && schema.present()) {
                throw new DatabaseRefusal(
                        "the database " + direct.place()
                                + " holds tables of Millrace already: name an empty one with --to, or replace them with --force");
            }
        } catch (SQLException e) {
            throw direct.refusal("reading", e);
        }
    }

    /** On PostgreSQL: one transaction, so that a restore that fails or is killed leaves what was there. */
    Restore.Restored replace(ArchiveReader archive, Collection<LocalDate> days, Origin origin) {
        try {
            direct.execute("BEGIN");
            direct.execute("SET LOCAL lock_timeout = '30s'");
            direct.execute("SET LOCAL statement_timeout = 0");
            direct.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
            schema.lock();
            schema.drop();
            var restored = fill(archive, days, origin);
            direct.execute("COMMIT");
            direct.execute("ANALYZE");
            return restored;
        } catch (SQLException e) {
            throw direct.refusal("restoring into", e);
        }
    }

    /** In a database with nothing in it. */
    Restore.Restored fill(ArchiveReader archive, Collection<LocalDate> days, Origin origin) {
        var contents = new LoadStore(direct).load(archive, days);
        var tx = direct.tx();
        origins.freeRuns(tx);
        if (OriginStore.present(direct)) {
            new BackupStore().forgetRunning(tx);
            var identity = origin.state() == Origin.State.OWN ? origins.identity(tx) : null;
            origins.save(tx, new Origin(origin.state(), origin.reason(), identity, null));
        } else if (origin.state() != Origin.State.OWN) {
            throw new DatabaseRefusal(
                    "the archive is of a schema from before 0008_backups, which can't be held: restore"
                            + " it with --release, or run millrace db migrate on its source and make another");
        }
        int blanked = origin.state() == Origin.State.CLONE ? origins.blankConnections(tx) : 0;
        return new Restore.Restored(
                direct.place(),
                contents.tables().size(),
                contents.rows(),
                origin.state() == Origin.State.OWN ? 0 : origins.unended(tx),
                blanked);
    }

    /** The same in a scratch database: the rows as they are, for nobody to go on with. */
    ArchiveWriter.Contents copy(ArchiveReader archive, Collection<LocalDate> days) {
        try {
            if (!direct.dialect().postgres()) {
                return new LoadStore(direct).load(archive, days);
            }
            direct.execute("BEGIN");
            var contents = new LoadStore(direct).load(archive, days);
            direct.execute("COMMIT");
            for (var table : schema.tables()) {
                direct.execute("ANALYZE \"" + table + "\"");
            }
            return contents;
        } catch (SQLException e) {
            throw direct.refusal("restoring into", e);
        }
    }

    /** Counts and checksums of all tables. */
    List<TableSum.Result> sums() {
        try {
            var store = CopyStore.of(direct);
            var sums = new ArrayList<TableSum.Result>();
            for (var table : store.tables()) {
                sums.add(store.sum(table));
            }
            return sums;
        } catch (SQLException e) {
            throw direct.refusal("reading", e);
        }
    }

    /** Everything of a SQLite database into its main file, so that the file alone is the database. */
    void settle() {
        try {
            direct.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        } catch (SQLException e) {
            throw direct.refusal("closing", e);
        }
    }
}
