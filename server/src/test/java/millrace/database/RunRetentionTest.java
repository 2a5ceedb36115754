package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import millrace.schema.Tables;
import org.jooq.Table;
import org.junit.jupiter.api.Assumptions;

/** What is over goes whole; what has not ended stays whole, however old it is. */
class RunRetentionTest {
    private static final LocalDate DAY = LocalDate.of(2021, 3, 4);
    private static final byte[] DOC = {1};

    private final Ids ids = new Ids(RandomGenerator.of("L64X128MixRandom"));
    private final String project = ids.random();

    private String run(Database database, Instant created, boolean ended) {
        var id = ids.runId(created);
        database.transact(tx -> {
            tx.sql()
                    .insertInto(Tables.FLOW_RUN)
                    .set(Tables.FLOW_RUN.ID, id)
                    .set(Tables.FLOW_RUN.CREATED, created)
                    .set(Tables.FLOW_RUN.PROJECT_ID, project)
                    .set(Tables.FLOW_RUN.FLOW_ID, project)
                    .set(Tables.FLOW_RUN.FLOW_VERSION_ID, project)
                    .set(Tables.FLOW_RUN.ENVIRONMENT, "PRODUCTION")
                    .set(Tables.FLOW_RUN.STATUS, ended ? "SUCCEEDED" : "PAUSED")
                    .execute();
            tx.sql()
                    .insertInto(Tables.RUN_JOURNAL)
                    .set(Tables.RUN_JOURNAL.RUN_ID, id)
                    .set(Tables.RUN_JOURNAL.SEQ, 0)
                    .set(Tables.RUN_JOURNAL.PROJECT_ID, project)
                    .set(Tables.RUN_JOURNAL.DOC, DOC)
                    .execute();
            tx.sql()
                    .insertInto(Tables.RUN_BLOB)
                    .set(Tables.RUN_BLOB.RUN_ID, id)
                    .set(Tables.RUN_BLOB.PATH, "a")
                    .set(Tables.RUN_BLOB.PART, 0)
                    .set(Tables.RUN_BLOB.PROJECT_ID, project)
                    .set(Tables.RUN_BLOB.DATA, DOC)
                    .execute();
            tx.sql()
                    .insertInto(Tables.RUN_DOUBT)
                    .set(Tables.RUN_DOUBT.RUN_ID, id)
                    .set(Tables.RUN_DOUBT.PATH, "a")
                    .set(Tables.RUN_DOUBT.ATTEMPT, 1)
                    .set(Tables.RUN_DOUBT.PROJECT_ID, project)
                    .set(Tables.RUN_DOUBT.TYPE, "CODE")
                    .set(Tables.RUN_DOUBT.CHOICE, "RETRY")
                    .execute();
            if (!ended) {
                tx.sql()
                        .insertInto(Tables.RUN_QUEUE)
                        .set(Tables.RUN_QUEUE.ID, id)
                        .set(Tables.RUN_QUEUE.CREATED, created)
                        .set(Tables.RUN_QUEUE.PROJECT_ID, project)
                        .set(Tables.RUN_QUEUE.FLOW_ID, project)
                        .set(Tables.RUN_QUEUE.FLOW_VERSION_ID, project)
                        .set(Tables.RUN_QUEUE.ENVIRONMENT, "PRODUCTION")
                        .set(Tables.RUN_QUEUE.STATUS, "PAUSED")
                        .set(Tables.RUN_QUEUE.RECORDED, true)
                        .execute();
            }
        });
        return id;
    }

    private static List<Integer> rowsOf(Database database, String id) {
        return List.of(
                count(database, Tables.FLOW_RUN, Tables.FLOW_RUN.ID.eq(id)),
                count(database, Tables.RUN_JOURNAL, Tables.RUN_JOURNAL.RUN_ID.eq(id)),
                count(database, Tables.RUN_BLOB, Tables.RUN_BLOB.RUN_ID.eq(id)),
                count(database, Tables.RUN_DOUBT, Tables.RUN_DOUBT.RUN_ID.eq(id)));
    }

    private static int count(Database database, Table<?> table, org.jooq.Condition condition) {
        return database.read(tx -> tx.sql().fetchCount(table, condition));
    }

    /** What a server that was started then would have made. */
    private static void makeDay(Database database) {
        if (!database.dialect().postgres()) {
            return;
        }
        database.transact(tx -> {
            for (var table : List.of("flow_run", "run_journal", "run_blob")) {
                tx.sql()
                        .execute("CREATE TABLE " + table + "_20210304 PARTITION OF " + table + " FOR VALUES FROM ('"
                                + Partitions.bound(DAY) + "') TO ('" + Partitions.bound(DAY.plusDays(1)) + "')");
            }
        });
    }

    private static Instant at(LocalDate day) {
        return day.atTime(12, 0).toInstant(ZoneOffset.UTC);
    }

    @OnBothDatabases
    void a_day_that_is_over_goes_and_what_has_not_ended_stays(Database database) {
        makeDay(database);
        var over = run(database, at(DAY), true);
        var paused = run(database, at(DAY), false);
        var elsewhere = run(database, at(DAY.minusYears(1)), true);
        var young = run(database, at(DAY.plusDays(2)), true);

        var removed = database.runRetention().removeBefore(at(DAY.plusDays(1)));

        assertThat(removed.days() + removed.runs()).isPositive();
        assertThat(rowsOf(database, over)).containsOnly(0);
        assertThat(rowsOf(database, elsewhere)).containsOnly(0);
        assertThat(rowsOf(database, paused)).containsOnly(1);
        assertThat(rowsOf(database, young)).containsOnly(1);
    }

    @OnBothDatabases
    void a_paused_run_survives_a_year_of_passes_and_goes_once_it_has_ended(Database database) {
        makeDay(database);
        var paused = run(database, at(DAY), false);

        for (int day = 31; day < 400; day += 30) {
            database.runRetention().removeBefore(at(DAY.plusDays(day)));
        }
        assertThat(rowsOf(database, paused)).containsOnly(1);
        database.transact(tx -> tx.sql()
                .deleteFrom(Tables.RUN_QUEUE)
                .where(Tables.RUN_QUEUE.ID.eq(paused))
                .execute());
        database.runRetention().removeBefore(at(DAY.plusDays(400)));

        assertThat(rowsOf(database, paused)).containsOnly(0);
    }

    @OnBothDatabases
    void the_file_becomes_smaller_by_what_was_removed(Database database) {
        if (database.dialect().postgres()) {
            return;
        }
        var id = run(database, at(DAY), true);
        var before = pages(database, "page_count");
        database.transact(tx -> tx.sql()
                .update(Tables.RUN_BLOB)
                .set(Tables.RUN_BLOB.DATA, new byte[10_000_000])
                .where(Tables.RUN_BLOB.RUN_ID.eq(id))
                .execute());

        database.runRetention().removeBefore(at(DAY.plusDays(1)));
        assertThat(pages(database, "freelist_count")).isGreaterThan(2_000);
        database.runRetention().giveBack();

        assertThat(pages(database, "freelist_count")).isZero();
        assertThat(pages(database, "page_count")).isLessThanOrEqualTo(before);
    }

    private static int pages(Database database, String which) {
        return java.util.Objects.requireNonNull(
                database.read(tx -> tx.sql().resultQuery("PRAGMA " + which).fetchOne(0, Integer.class)));
    }

    @OnBothDatabases
    void thousands_of_single_runs_go_in_batches(Database database) {
        for (int i = 0; i < 501; i++) {
            run(database, at(DAY).plus(Duration.ofSeconds(i)), true);
        }

        var removed = database.runRetention().removeBefore(at(DAY.plusDays(1)));

        assertThat(removed.runs()).isEqualTo(501);
    }

    @OnBothDatabases
    void the_runs_of_other_days_are_read_while_a_day_that_is_vacuumed_waits_to_be_dropped(Database database)
            throws Exception {
        Assumptions.assumeTrue(database.dialect().postgres());
        makeDay(database);
        var over = run(database, at(DAY), true);
        var young = run(database, at(DAY.plusDays(2)), true);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<RunRetention.Removed> removed;
            try (var vacuum = database.dedicated("vacuum");
                    var statement = vacuum.createStatement()) {
                vacuum.setAutoCommit(false);
                statement.execute("LOCK TABLE flow_run_20210304 IN SHARE UPDATE EXCLUSIVE MODE");
                removed = threads.submit(() -> database.runRetention().removeBefore(at(DAY.plusDays(1))));
                for (var waits = false; !waits && !removed.isDone(); ) {
                    waits = database.read(tx -> tx.sql()
                            .resultQuery("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
                                    + " AND relation = 'flow_run_20210304'::regclass)")
                            .fetchSingle(0, Boolean.class));
                }

                statement.execute("SET LOCAL lock_timeout = '50ms'");
                try (var rows = statement.executeQuery("SELECT id FROM flow_run WHERE id = '" + young + "'")) {
                    assertThat(rows.next()).isTrue();
                }
                vacuum.rollback();
            }

            assertThat(removed.get().days()).isEqualTo(1);
        }
        assertThat(rowsOf(database, over)).containsOnly(0);
        assertThat(rowsOf(database, young)).containsOnly(1);
    }
}
