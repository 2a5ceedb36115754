package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;
import millrace.database.RunFlush.QueueChange;
import millrace.schema.Tables;
import org.jspecify.annotations.Nullable;

/** The fence, the flush and the ownership of runs, on every database. */
class RunTablesTest {
    private static final byte[] DOC = {1, 2, 3};

    private final Ids ids = new Ids(RandomGenerator.of("L64X128MixRandom"));
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    private final String project = ids.random();
    private final String process = ids.random();
    private final String run = ids.runId(now);

    private RunFlush.QueueRow queued(@Nullable Lane lane) {
        return new RunFlush.QueueRow(
                now,
                ids.random(),
                ids.random(),
                "PRODUCTION",
                3,
                lane,
                lane == null ? null : now,
                null,
                true,
                null,
                null,
                false,
                DOC);
    }

    private RunFlush accepting(@Nullable Lane lane) {
        return new RunFlush(run, project, queued(lane), null, List.of(), null, QueueChange.NONE);
    }

    private RunFlush ending(String status, QueueChange queue) {
        var row = new RunFlush.RunRow(
                now,
                ids.random(),
                ids.random(),
                "PRODUCTION",
                status,
                null,
                true,
                null,
                now,
                now,
                "{\"name\": \"a\", \"displayName\": \"A\", \"message\": \"no\"}",
                2,
                null,
                null,
                DOC);
        return new RunFlush(run, project, null, null, List.of(), row, queue);
    }

    private static <T> T write(Database database, SqlWork<T> work) throws SQLException {
        try (var writer = database.writer("test")) {
            return writer.write(work);
        }
    }

    private Lane register(Database database, RunTables tables) throws SQLException {
        write(database, connection -> {
            tables.register(connection, process, "test", 2);
            return true;
        });
        return new Lane(process, 1, 1);
    }

    private static int count(Database database, org.jooq.Table<?> table, org.jooq.Condition condition) {
        return database.read(tx -> tx.sql().fetchCount(table, condition));
    }

    @OnBothDatabases
    void a_flush_under_a_passed_epoch_writes_nothing(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        register(database, tables);

        var written = write(
                database, connection -> tables.flush(connection, new Lane(process, 1, 7), List.of(accepting(null))));

        assertThat(written).isFalse();
        assertThat(count(database, Tables.RUN_QUEUE, Tables.RUN_QUEUE.ID.eq(run)))
                .isZero();
    }

    @OnBothDatabases
    void a_run_that_ends_has_its_row_and_no_queue_row(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, List.of(accepting(lane))));

        write(database, connection -> tables.flush(connection, lane, List.of(ending("FAILED", QueueChange.DELETE))));

        assertThat(count(database, Tables.RUN_QUEUE, Tables.RUN_QUEUE.ID.eq(run)))
                .isZero();
        var row = database.read(tx -> tx.sql().fetchOne(Tables.FLOW_RUN, Tables.FLOW_RUN.ID.eq(run)));
        assertThat(row.get(Tables.FLOW_RUN.STATUS)).isEqualTo("FAILED");
        assertThat(row.get(Tables.FLOW_RUN.CREATED)).isEqualTo(now);
        assertThat(row.get(Tables.FLOW_RUN.JOURNAL)).isEqualTo(DOC);
        assertThat(row.get(Tables.FLOW_RUN.FAILED_STEP).path("message").textValue())
                .isEqualTo("no");
    }

    @OnBothDatabases
    void a_flush_can_be_repeated(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var flush = new RunFlush(
                run,
                project,
                queued(lane),
                new RunFlush.JournalRow(0, "a", "b", DOC),
                List.of(new RunFlush.BlobRow("a", DOC)),
                null,
                QueueChange.NONE);

        write(database, connection -> tables.flush(connection, lane, List.of(flush)));
        var again = write(database, connection -> tables.flush(connection, lane, List.of(flush)));

        assertThat(again).isTrue();
        assertThat(count(database, Tables.RUN_JOURNAL, Tables.RUN_JOURNAL.RUN_ID.eq(run)))
                .isEqualTo(1);
        assertThat(count(database, Tables.RUN_BLOB, Tables.RUN_BLOB.RUN_ID.eq(run)))
                .isEqualTo(1);
    }

    @OnBothDatabases
    void a_run_that_goes_on_gets_its_row_and_is_brought_up_to_date(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, List.of(accepting(lane))));

        write(database, connection -> tables.flush(connection, lane, List.of(ending("RUNNING", QueueChange.RECORD))));

        assertThat(count(
                        database,
                        Tables.RUN_QUEUE,
                        Tables.RUN_QUEUE.ID.eq(run).and(Tables.RUN_QUEUE.RECORDED.isTrue())))
                .isEqualTo(1);
        write(database, connection -> tables.flush(connection, lane, List.of(ending("SUCCEEDED", QueueChange.DELETE))));
        assertThat(count(
                        database,
                        Tables.FLOW_RUN,
                        Tables.FLOW_RUN.ID.eq(run).and(Tables.FLOW_RUN.STATUS.eq("SUCCEEDED"))))
                .isEqualTo(1);
    }

    @OnBothDatabases
    void a_run_without_an_owner_is_claimed_once_with_its_journal(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var flush = new RunFlush(
                run,
                project,
                queued(null),
                new RunFlush.JournalRow(0, "a", "b", DOC),
                List.of(),
                null,
                QueueChange.NONE);
        write(database, connection -> tables.flush(connection, lane, List.of(flush)));

        var claimed = write(database, connection -> tables.claim(connection, lane, 1_000)).stream()
                .filter(found -> found.runId().equals(run))
                .toList();
        var again = write(database, connection -> tables.claim(connection, lane, 1_000));

        assertThat(claimed).hasSize(1);
        assertThat(claimed.getFirst().journal()).containsExactly(DOC);
        assertThat(claimed.getFirst().nextSeq()).isEqualTo(1);
        assertThat(claimed.getFirst().row().created()).isEqualTo(now);
        assertThat(again).noneMatch(found -> found.runId().equals(run));
    }

    @OnBothDatabases
    void a_dead_process_is_fenced_and_its_runs_are_free(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, List.of(accepting(lane))));

        var freed = write(database, connection -> tables.takeOver(connection, Duration.ofMillis(-1), "another"));

        assertThat(freed).isPositive();
        var written = write(
                database,
                connection -> tables.flush(connection, lane, List.of(ending("SUCCEEDED", QueueChange.DELETE))));
        assertThat(written).isFalse();
        assertThat(count(
                        database,
                        Tables.RUN_QUEUE,
                        Tables.RUN_QUEUE
                                .ID
                                .eq(run)
                                .and(Tables.RUN_QUEUE.PROCESS_ID.isNull())
                                .and(Tables.RUN_QUEUE.TAKEOVERS.eq(1))))
                .isEqualTo(1);
        assertThat(count(database, Tables.FLOW_RUN, Tables.FLOW_RUN.ID.eq(run))).isZero();
    }

    @OnBothDatabases
    void a_process_that_was_declared_dead_sees_it_at_its_next_heartbeat(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        register(database, tables);

        boolean before = write(database, connection -> tables.heartbeat(connection, process));
        write(database, connection -> tables.takeOver(connection, Duration.ofMillis(-1), "another"));
        boolean after = write(database, connection -> tables.heartbeat(connection, process));

        assertThat(before).isTrue();
        assertThat(after).isFalse();
    }
}
