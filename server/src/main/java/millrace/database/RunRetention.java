package millrace.database;

import java.time.Instant;
import java.time.ZoneOffset;

/**
 * Removes runs whose time is over, with all that belongs to them and lies in the run tables; a run that has not ended
 * stays, whatever its age. On PostgreSQL whole days go with their partitions; what lies in DEFAULT, and everything on
 * SQLite, goes in small batches, so that nobody waits for long.
 */
public final class RunRetention {
    private static final int BATCH = 500;
    /** Given back at once: 4 MB. */
    private static final int PAGES = 1_000;

    private final Database database;

    RunRetention(Database database) {
        this.database = database;
    }

    /** What a pass has removed: whole days, and runs one by one. */
    public record Removed(int days, int runs) {}

    /** The database's clock: what is old is judged by it alone. */
    public Instant now() {
        return database.read(
                tx -> tx.sql().fetchValue(org.jooq.impl.DSL.select(tx.dialect().now())));
    }

    /** Removes the ended runs that were created before this moment; days that hold younger ones wait for them. */
    public Removed removeBefore(Instant before) {
        int days = 0;
        if (database.dialect().postgres()) {
            days = database.partitions().drop(before.atZone(ZoneOffset.UTC).toLocalDate());
        }
        int runs = 0;
        int batch = BATCH;
        while (batch == BATCH) {
            batch = database.transaction(tx -> removeBatch(tx, before));
            runs += batch;
        }
        return new Removed(days, runs);
    }

    /** Makes the SQLite file smaller by what was removed, some pages at a time; PostgreSQL vacuums by itself. */
    public void giveBack() {
        if (database.dialect().postgres()) {
            return;
        }
        int left = freePages();
        for (int before = left + 1; left > 0 && left < before; left = freePages()) {
            before = left;
            database.transact(tx -> tx.sql().connection(connection -> {
                // Each page is a step of this statement, and only this way of executing one takes all of its steps.
                try (var statement = connection.createStatement()) {
                    statement.executeUpdate("PRAGMA incremental_vacuum(" + PAGES + ")");
                }
            }));
        }
    }

    private int freePages() {
        Integer pages = database.read(
                tx -> tx.sql().resultQuery("PRAGMA freelist_count").fetchOne(0, Integer.class));
        return pages == null ? 0 : pages;
    }

    private static int removeBatch(Tx tx, Instant before) {
        var ids = tx.dialect().postgres() ? oldInDefault(tx, before) : oldOnSqlite(tx, before);
        if (ids.length == 0) {
            return 0;
        }
        for (var statement : new String[] {
            "DELETE FROM run_journal WHERE \"runId\" IN (%s)",
            "DELETE FROM run_blob WHERE \"runId\" IN (%s)",
            "DELETE FROM run_doubt WHERE \"runId\" IN (%s)",
            "DELETE FROM waitpoint WHERE \"flowRunId\" IN (%s)",
            "DELETE FROM flow_run WHERE id IN (%s)"
        }) {
            tx.sql().execute(statement.formatted("?" + ", ?".repeat(ids.length - 1)), (Object[]) ids);
        }
        return ids.length;
    }

    private static String[] oldInDefault(Tx tx, Instant before) {
        return tx.sql()
                .resultQuery("""
                        SELECT r.id FROM flow_run_default r WHERE r.created < CAST(? AS timestamptz)
                        AND NOT EXISTS (SELECT FROM run_queue q WHERE q.id = r.id) LIMIT ?
                        """, before.toString(), BATCH)
                .fetch(0, String.class)
                .toArray(String[]::new);
    }

    /** Run ids sort by time; ids from elsewhere lie beyond those of this century. */
    private static String[] oldOnSqlite(Tx tx, Instant before) {
        return tx.sql()
                .resultQuery("""
                        SELECT id FROM (
                            SELECT id FROM flow_run WHERE id < ?
                            UNION ALL SELECT id FROM flow_run WHERE id >= '1' AND created < ?) AS old
                        WHERE NOT EXISTS (SELECT 1 FROM run_queue q WHERE q.id = old.id) LIMIT ?
                        """, Ids.timePrefix(before), before.toEpochMilli() * 1000, BATCH)
                .fetch(0, String.class)
                .toArray(String[]::new);
    }
}
