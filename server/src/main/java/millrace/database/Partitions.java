package millrace.database;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions of the run tables: one a day (UTC), today and {@link #DAYS_AHEAD} days ahead, and one DEFAULT for
 * imported and kept old runs. Only PostgreSQL has them.
 *
 * <p>DEFAULT carries a CHECK that no id to come is in it: nothing from the end of the last made partition up to
 * {@code 1}, the year 2081. So PostgreSQL makes the next partitions without reading DEFAULT under a lock. The CHECK's
 * name holds the day of its bound. It is moved, NOT VALID first and then validated beside the traffic, before new
 * partitions are made; a process that dies in between leaves a state that the next {@link #ensure} goes on from.
 */
public final class Partitions {
    public static final int DAYS_AHEAD = 14;

    private static final Logger LOG = LoggerFactory.getLogger(Partitions.class);
    private static final DateTimeFormatter DAY = DateTimeFormatter.BASIC_ISO_DATE;
    private static final int LOCK_ATTEMPTS = 50;
    private static final String LOCK_TIMEOUT = "200ms";

    /** An autovacuum is canceled for who has waited for PostgreSQL's {@code deadlock_timeout}, a second by default. */
    private static final String LONGER_THAN_A_VACUUM = "3s";

    /** Rows come in the order of their ids and seldom change: vacuum by the count of inserts, not by a share. */
    private static final String AUTOVACUUM = "autovacuum_vacuum_scale_factor = 0.05,"
            + " autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,"
            + " autovacuum_analyze_scale_factor = 0.05";

    private final Database database;

    Partitions(Database database) {
        this.database = database;
    }

    /** A partitioned table, the prefix of its indexes and the column that its range is of. */
    private record Partitioned(String table, String indexPrefix, String key) {
        private static final List<Partitioned> ALL = List.of(
                new Partitioned("flow_run", "idx_run", "id"),
                new Partitioned("run_journal", "run_journal", "\"runId\""),
                new Partitioned("run_blob", "run_blob", "\"runId\""));

        String partition(LocalDate day) {
            return table + "_" + DAY.format(day);
        }

        String fallback() {
            return table + "_default";
        }
    }

    /** What the catalogue says of one table. */
    private record Found(LocalDate today, List<LocalDate> days, boolean fallback, List<Check> checks) {
        LocalDate end() {
            return days.isEmpty() ? today : days.getLast().plusDays(1);
        }

        List<LocalDate> missing() {
            var from = end().isBefore(today) ? today : end();
            return from.datesUntil(max(from, today.plusDays(DAYS_AHEAD + 1L))).toList();
        }

        private static LocalDate max(LocalDate a, LocalDate b) {
            return a.isAfter(b) ? a : b;
        }
    }

    private record Check(String name, boolean valid) {}

    /** Makes what is missing. Safe to call at any time from any process; spends one query a table when nothing is. */
    public void ensure() {
        if (!database.dialect().postgres()) {
            return;
        }
        for (var table : Partitioned.ALL) {
            if (!complete(database.read(tx -> find(tx, table)))) {
                renewCheck(table);
                alone(table, (tx, found) -> make(tx, table, found, found.missing()));
            }
        }
    }

    /**
     * Makes everything in the caller's transaction, for tables that are new: also the days that rows to be loaded belong
     * to, as far as they have passed.
     */
    static void makeAll(Tx tx, Collection<LocalDate> days) {
        for (var table : Partitioned.ALL) {
            var found = find(tx, table);
            make(tx, table, found, found.missing());
            var passed = new TreeSet<>(days).headSet(found.today()).stream().toList();
            make(tx, table, find(tx, table), passed);
        }
    }

    /** The day (UTC) whose partition holds the run ids that begin so, if there is one. */
    public static Optional<LocalDate> dayOf(String idPrefix) {
        return Ids.momentOf(idPrefix).map(Partitions::day);
    }

    /**
     * Drops the days before {@code firstKept} (UTC). Runs of them that have not ended move to DEFAULT under the same id,
     * with all they have; the rest goes, and with it what other tables hold of it.
     *
     * @return how many days were dropped
     */
    int drop(LocalDate firstKept) {
        int dropped = 0;
        for (var day : database.read(tx -> find(tx, Partitioned.ALL.getFirst())).days()) {
            if (day.isBefore(firstKept)) {
                alone(tx -> drop(tx, day));
                dropped++;
            }
        }
        return dropped;
    }

    private static void drop(Tx tx, LocalDate day) {
        var from = bound(day);
        var to = bound(day.plusDays(1));
        var unended = "(SELECT id FROM run_queue WHERE id >= '" + from + "' AND id < '" + to + "')";
        // Another process may have dropped the day while this one waited.
        var tables = Partitioned.ALL.stream()
                .filter(table -> children(tx, table).contains(table.partition(day)))
                .toList();
        // A vacuum of the day gives way only to who waits for longer, and the table of all days must not be locked
        // meanwhile. This keeps vacuums out and nobody else: readers lock the table of all days before the day.
        run(tx, "SET LOCAL lock_timeout = '" + LONGER_THAN_A_VACUUM + "'");
        tables.forEach(table -> run(tx, "LOCK TABLE ONLY " + table.partition(day) + " IN SHARE UPDATE EXCLUSIVE MODE"));
        run(tx, "SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
        for (var table : tables) {
            var partition = table.partition(day);
            run(tx, "ALTER TABLE " + table.table() + " DETACH PARTITION " + partition);
            run(
                    tx,
                    "INSERT INTO " + table.table() + " SELECT * FROM " + partition + " WHERE " + table.key() + " IN "
                            + unended);
            run(tx, "DROP TABLE " + partition);
        }
        for (var beside : List.of("run_doubt WHERE \"runId\"", "waitpoint WHERE \"flowRunId\"")) {
            var column = beside.substring(beside.indexOf('"'));
            run(
                    tx,
                    "DELETE FROM " + beside + " >= '" + from + "' AND " + column + " < '" + to + "' AND " + column
                            + " NOT IN " + unended);
        }
        LOG.info("dropped the runs of {}", day);
    }

    /** The ids of runs of this day (UTC) are not less than this text and less than the next day's. */
    static String bound(LocalDate day) {
        return Ids.timePrefix(day.atStartOfDay(ZoneOffset.UTC).toInstant());
    }

    private static boolean complete(Found found) {
        return found.fallback() && found.missing().isEmpty();
    }

    private void renewCheck(Partitioned table) {
        alone(table, (tx, found) -> {
            if (found.fallback()) {
                moveCheck(tx, table, found);
            }
        });
        alone(
                table,
                (tx, found) -> found.checks().stream()
                        .filter(check -> !check.valid())
                        .forEach(check ->
                                run(tx, "ALTER TABLE " + table.fallback() + " VALIDATE CONSTRAINT " + check.name())));
    }

    private static void moveCheck(Tx tx, Partitioned table, Found found) {
        var wanted = checkName(found.end());
        if (found.checks().stream().anyMatch(check -> check.name().equals(wanted))) {
            return;
        }
        var changes = new ArrayList<String>();
        found.checks().forEach(check -> changes.add("DROP CONSTRAINT " + check.name()));
        changes.add("ADD CONSTRAINT " + wanted + " " + check(table, found.end()) + " NOT VALID");
        run(tx, "ALTER TABLE " + table.fallback() + " " + String.join(", ", changes));
    }

    private static String checkName(LocalDate bound) {
        return "ids_to_come_" + DAY.format(bound);
    }

    /** Written with OR: so PostgreSQL proves by it that DEFAULT holds nothing of a new partition. */
    private static String check(Partitioned table, LocalDate bound) {
        return "CHECK (" + table.key() + " < '" + bound(bound) + "' OR " + table.key() + " >= '1')";
    }

    private static void make(Tx tx, Partitioned table, Found found, List<LocalDate> days) {
        var made = new ArrayList<String>();
        if (!found.fallback()) {
            run(
                    tx,
                    "CREATE TABLE " + table.fallback() + " PARTITION OF " + table.table() + " (CONSTRAINT "
                            + checkName(found.end()) + " " + check(table, found.end()) + ") DEFAULT WITH (" + AUTOVACUUM
                            + ")");
            made.add(table.fallback());
        }
        for (var day : days) {
            run(
                    tx,
                    "CREATE TABLE " + table.partition(day) + " PARTITION OF " + table.table() + " FOR VALUES FROM ('"
                            + bound(day) + "') TO ('" + bound(day.plusDays(1)) + "') WITH (" + AUTOVACUUM + ")");
            made.add(table.partition(day));
        }
        nameIndexes(tx, table, made);
        LOG.debug("made partitions {}", made);
    }

    /** PostgreSQL names them after the columns, in a spelling that would need quotes. */
    private static void nameIndexes(Tx tx, Partitioned table, List<String> partitions) {
        var indexes = tx.sql()
                .resultQuery("""
                        SELECT c.relname, t.relname, p.relname FROM pg_inherits i
                        JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
                        JOIN pg_index x ON x.indexrelid = c.oid JOIN pg_class t ON t.oid = x.indrelid
                        WHERE t.relname = ANY ({0}) AND t.relnamespace = current_schema()::regnamespace
                        """, org.jooq.impl.DSL.val(partitions.toArray(String[]::new)))
                .fetch();
        for (var index : indexes) {
            var own = index.get(0, String.class);
            var wanted = index.get(1, String.class)
                    + index.get(2, String.class).substring(table.indexPrefix().length());
            if (!index.get(2, String.class).endsWith("_pkey") && !own.equals(wanted)) {
                run(tx, "ALTER INDEX \"" + own + "\" RENAME TO " + wanted);
            }
        }
    }

    private static Found find(Tx tx, Partitioned table) {
        var today = tx.sql().fetchValue(org.jooq.impl.DSL.select(tx.dialect().now()));
        var days = new ArrayList<LocalDate>();
        boolean fallback = false;
        for (var name : children(tx, table)) {
            fallback |= name.equals(table.fallback());
            if (name.matches(table.table() + "_\\d{8}")) {
                days.add(LocalDate.parse(name.substring(name.length() - 8), DAY));
            }
        }
        days.sort(null);
        return new Found(day(today), days, fallback, fallback ? checks(tx, table) : List.of());
    }

    private static LocalDate day(Instant moment) {
        return moment.atZone(ZoneOffset.UTC).toLocalDate();
    }

    private static List<String> children(Tx tx, Partitioned table) {
        return tx.sql().resultQuery("""
                        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                        WHERE i.inhparent = to_regclass({0})
                        """, table.table()).fetch(0, String.class);
    }

    private static List<Check> checks(Tx tx, Partitioned table) {
        return tx.sql()
                .resultQuery("""
                        SELECT conname, convalidated FROM pg_constraint
                        WHERE conrelid = to_regclass({0}) AND conname LIKE 'ids\\_to\\_come\\_%'
                        """, table.fallback())
                .fetch(row -> new Check(row.get(0, String.class), row.get(1, Boolean.class)));
    }

    private interface Step {
        void on(Tx tx, Found found);
    }

    /**
     * One process at a time, and never in the way of the traffic for more than a moment: without its locks within
     * 200 ms the step gives way and comes back.
     */
    private void alone(Partitioned table, Step step) {
        alone(tx -> step.on(tx, find(tx, table)));
    }

    private void alone(Consumer<Tx> step) {
        for (int attempt = 1; ; attempt++) {
            try {
                database.transact(tx -> {
                    run(tx, "SET LOCAL lock_timeout = '" + LOCK_TIMEOUT + "'");
                    run(tx, "SELECT pg_advisory_xact_lock(hashtext('millrace partitions'))");
                    step.accept(tx);
                });
                return;
            } catch (DataAccessException e) {
                var cause = Failures.sqlCause(e);
                if (attempt == LOCK_ATTEMPTS || cause == null || !Failures.lockTimeout(cause)) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while partitions were made", e);
        }
    }

    private static void run(Tx tx, String sql) {
        tx.sql().execute(sql);
    }
}
