package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import millrace.database.RunFlush.QueueChange;
import millrace.file.Tenants;
import millrace.schema.Tables;
import org.jspecify.annotations.Nullable;

/** The fence, the flush and the ownership of runs, on every database. */
class RunTablesTest {
    private static final byte[] DOC = {1, 2, 3};
    private static final RunTables.Turn ANY = new RunTables.Turn("", 0);

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
                "{\"name\": \"a\", \"displayName\": \"A\", \"message\": \"no\\u0000\"}",
                2,
                null,
                null,
                List.of("plain", "a \"b\",\\{c}\0"),
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
                database, connection -> tables.flush(connection, new Lane(process, 1, 7), 1, List.of(accepting(null))));

        assertThat(written).isFalse();
        assertThat(count(database, Tables.RUN_QUEUE, Tables.RUN_QUEUE.ID.eq(run)))
                .isZero();
    }

    @OnBothDatabases
    void a_run_that_ends_has_its_row_and_no_queue_row(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(lane))));

        write(database, connection -> tables.flush(connection, lane, 1, List.of(ending("FAILED", QueueChange.DELETE))));

        assertThat(count(database, Tables.RUN_QUEUE, Tables.RUN_QUEUE.ID.eq(run)))
                .isZero();
        var row = database.read(tx -> tx.sql().fetchOne(Tables.FLOW_RUN, Tables.FLOW_RUN.ID.eq(run)));
        assertThat(row.get(Tables.FLOW_RUN.STATUS)).isEqualTo("FAILED");
        assertThat(row.get(Tables.FLOW_RUN.CREATED)).isEqualTo(now);
        assertThat(row.get(Tables.FLOW_RUN.TAGS)).containsExactly("plain", "a \"b\",\\{c}\0");
        assertThat(row.get(Tables.FLOW_RUN.JOURNAL)).isEqualTo(DOC);
        assertThat(row.get(Tables.FLOW_RUN.FAILED_STEP).path("message").textValue())
                .isEqualTo("no\0");
    }

    /** What the statements of a transaction have read is counted in it. */
    @OnBothDatabases
    void a_flush_never_reads_the_whole_queue_though_it_was_empty_when_it_was_planned(Database database)
            throws SQLException {
        assumeTrue(database.dialect() instanceof PostgresDialect);
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var nothing = new RunFlush.Effects(null, List.of(), List.of(), List.of(), true);
        var forgetting = new RunFlush(run, project, null, null, List.of(), null, QueueChange.RECORD, nothing);

        var scans = write(database, connection -> {
            connection.setAutoCommit(false);
            tables.flush(connection, lane, 1, List.of(accepting(lane)));
            tables.flush(connection, lane, 1, List.of(forgetting));
            tables.flush(connection, lane, 1, List.of(ending("FAILED", QueueChange.DELETE)));
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery(
                            "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'run_queue'")) {
                rows.next();
                return List.of(rows.getLong(1), rows.getLong(2) > 0 ? 1L : 0L);
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        });

        assertThat(scans).containsExactly(0L, 1L);
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
                List.of(new RunFlush.BlobRow("a", 0, DOC)),
                null,
                QueueChange.NONE);

        write(database, connection -> tables.flush(connection, lane, 1, List.of(flush)));
        var again = write(database, connection -> tables.flush(connection, lane, 1, List.of(flush)));

        assertThat(again).isTrue();
        assertThat(count(database, Tables.RUN_JOURNAL, Tables.RUN_JOURNAL.RUN_ID.eq(run)))
                .isEqualTo(1);
        assertThat(count(database, Tables.RUN_BLOB, Tables.RUN_BLOB.RUN_ID.eq(run)))
                .isEqualTo(1);
    }

    @OnBothDatabases
    void a_value_that_nobody_has_recorded_gives_way_to_the_one_that_is_made_again(Database database)
            throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var again = new byte[] {1, 7};
        for (var value : List.of(DOC, again)) {
            var flush = new RunFlush(
                    run, project, null, null, List.of(new RunFlush.BlobRow("a", 0, value)), null, QueueChange.NONE);
            write(database, connection -> tables.flush(connection, lane, 1, List.of(flush)));
        }

        List<byte[]> data = database.read(tx -> tx.sql().fetchValues(Tables.RUN_BLOB.DATA));
        assertThat(data).containsExactly(again);
    }

    @OnBothDatabases
    void a_run_that_goes_on_gets_its_row_and_is_brought_up_to_date(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(lane))));

        write(
                database,
                connection -> tables.flush(connection, lane, 1, List.of(ending("RUNNING", QueueChange.RECORD))));

        assertThat(count(
                        database,
                        Tables.RUN_QUEUE,
                        Tables.RUN_QUEUE.ID.eq(run).and(Tables.RUN_QUEUE.RECORDED.isTrue())))
                .isEqualTo(1);
        write(
                database,
                connection -> tables.flush(connection, lane, 1, List.of(ending("SUCCEEDED", QueueChange.DELETE))));
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
        write(database, connection -> tables.flush(connection, lane, 1, List.of(flush)));

        var claimed = write(database, connection -> tables.claim(connection, lane, 1_000, ANY)).stream()
                .filter(found -> found.runId().equals(run))
                .toList();
        var again = write(database, connection -> tables.claim(connection, lane, 1_000, ANY));

        assertThat(claimed).hasSize(1);
        assertThat(claimed.getFirst().journal()).containsExactly(DOC);
        assertThat(claimed.getFirst().nextSeq()).isEqualTo(1);
        assertThat(claimed.getFirst().row().created()).isEqualTo(now);
        assertThat(again).noneMatch(found -> found.runId().equals(run));
    }

    @OnBothDatabases
    void what_was_sent_before_a_lane_was_raised_writes_nothing(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);

        write(database, connection -> tables.flush(connection, lane, 7, List.of()));
        var raised = write(database, connection -> tables.raise(connection, lane));
        var again = write(database, connection -> tables.raise(connection, lane));
        boolean late = write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(lane))));
        boolean next =
                write(database, connection -> tables.flush(connection, lane.next(), 2, List.of(accepting(lane))));

        assertThat(raised).hasValue(7);
        assertThat(again).hasValue(7);
        assertThat(late).isFalse();
        assertThat(next).isTrue();
        var passed = write(
                database,
                connection -> tables.raise(connection, lane.next().next().next()));
        assertThat(passed).isEmpty();
    }

    @OnBothDatabases
    void runs_that_were_claimed_unheard_are_free_again(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(null))));
        write(database, connection -> tables.claim(connection, lane, 1_000, ANY));

        write(database, connection -> tables.unclaim(connection, lane.next(), List.of()));
        write(database, connection -> tables.unclaim(connection, lane, List.of("another", run)));
        assertThat(count(database, Tables.RUN_QUEUE, unowned())).isZero();

        write(database, connection -> tables.unclaim(connection, lane, List.of("another")));
        assertThat(count(database, Tables.RUN_QUEUE, unowned())).isEqualTo(1);
        write(database, connection -> tables.claim(connection, lane, 1_000, ANY));
    }

    private org.jooq.Condition unowned() {
        return Tables.RUN_QUEUE.ID.eq(run).and(Tables.RUN_QUEUE.PROCESS_ID.isNull());
    }

    @OnBothDatabases
    void a_dead_process_is_fenced_and_its_runs_are_free(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(lane))));

        var freed = write(database, connection -> tables.takeOver(connection, Duration.ofMillis(-1), "another"));

        assertThat(freed).isPositive();
        var written = write(
                database,
                connection -> tables.flush(connection, lane, 1, List.of(ending("SUCCEEDED", QueueChange.DELETE))));
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

    /** A step that puts a letter behind what an entry holds, and makes a table. */
    private RunFlush adding(String runId, int seq, String key, String letter) {
        var change = new RunFlush.Change() {
            @Override
            public List<String> locks() {
                return List.of(NameLock.entry(key));
            }

            @Override
            public RunFlush settle(RunFlush.Rows rows) {
                var before = rows.entry(key);
                var text = before == null ? "\"\"" : before;
                var value = text.substring(0, text.length() - 1) + letter + "\"";
                var doc = value.getBytes(StandardCharsets.UTF_8);
                var row = new RunFlush.JournalRow(seq, "a", "a", doc);
                rows.put(key, value);
                makeTable(rows.tx(), key);
                return blank().with(row, List.of());
            }

            private RunFlush blank() {
                return new RunFlush(runId, project, null, null, List.of(), null, QueueChange.NONE);
            }
        };
        return new RunFlush(runId, project, null, null, List.of(), null, QueueChange.NONE).changing(change);
    }

    private void makeTable(Tx tx, String name) {
        tx.sql()
                .insertInto(Tables.TABLE)
                .set(Tables.TABLE.ID, ids.random())
                .set(Tables.TABLE.PROJECT_ID, project)
                .set(Tables.TABLE.NAME, name)
                .set(Tables.TABLE.EXTERNAL_ID, name)
                .execute();
    }

    private int tablesNamed(Database database, String name) {
        return count(database, Tables.TABLE, Tables.TABLE.PROJECT_ID.eq(project).and(Tables.TABLE.NAME.eq(name)));
    }

    private @Nullable String entry(Database database, String key) {
        return database.read(tx -> tx.sql()
                .select(Tables.STORE_ENTRY.VALUE)
                .from(Tables.STORE_ENTRY)
                .where(Tables.STORE_ENTRY.PROJECT_ID.eq(project), Tables.STORE_ENTRY.KEY.eq(key))
                .fetchOptional(row -> row.value1().textValue())
                .orElse(null));
    }

    @OnBothDatabases
    void an_entry_changes_with_the_record_that_tells_it(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = accepted(database, tables);
        var other = ids.runId(now);
        var batch = List.of(adding(run, 0, "k", "a"), adding(other, 0, "k", "b"));

        write(database, connection -> tables.flush(connection, lane, 1, batch));
        write(database, connection -> tables.flush(connection, lane, 1, List.of(adding(run, 1, "k", "c"))));

        assertThat(entry(database, "k")).isEqualTo("abc");
        assertThat(tablesNamed(database, "k")).isEqualTo(3);
        var told = database.read(tx -> tx.sql()
                .select(Tables.RUN_JOURNAL.DOC)
                .from(Tables.RUN_JOURNAL)
                .where(Tables.RUN_JOURNAL.RUN_ID.eq(other))
                .fetch(row -> new String(row.value1(), StandardCharsets.UTF_8)));
        assertThat(told).containsExactly("\"ab\"");
    }

    @OnBothDatabases
    void a_fenced_writer_changes_no_entry(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = accepted(database, tables);
        write(database, connection -> tables.raise(connection, lane));

        boolean written =
                write(database, connection -> tables.flush(connection, lane, 1, List.of(adding(run, 0, "k", "a"))));

        assertThat(written).isFalse();
        assertThat(entry(database, "k")).isNull();
        assertThat(tablesNamed(database, "k")).isZero();
        assertThat(count(database, Tables.RUN_JOURNAL, Tables.RUN_JOURNAL.RUN_ID.eq(run)))
                .isZero();
    }

    @OnBothDatabases
    void a_change_that_fails_changes_nothing(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = accepted(database, tables);
        var failing = new RunFlush.Change() {
            @Override
            public List<String> locks() {
                return List.of();
            }

            @Override
            public RunFlush settle(RunFlush.Rows rows) {
                rows.put("k", "1");
                makeTable(rows.tx(), "k");
                throw new IllegalStateException("a defect");
            }
        };
        var flush = new RunFlush(run, project, null, null, List.of(), null, QueueChange.NONE).changing(failing);

        assertThatThrownBy(() -> write(database, connection -> tables.flush(connection, lane, 1, List.of(flush))))
                .isInstanceOf(SQLException.class);

        assertThat(entry(database, "k")).isNull();
        assertThat(tablesNamed(database, "k")).isZero();
    }

    @OnBothDatabases
    void writers_that_change_an_entry_at_once_see_each_other(Database database) throws Exception {
        var tables = RunTables.of(database.dialect());
        accepted(database, tables);
        try (var threads = Executors.newFixedThreadPool(2)) {
            var done = new ArrayList<Future<?>>();
            for (int number = 0; number < 2; number++) {
                var lane = new Lane(process, number, 1);
                var runId = ids.runId(now);
                done.add(threads.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        var flush = adding(runId, i, "counted", "x");
                        write(database, connection -> tables.flush(connection, lane, 1, List.of(flush)));
                    }
                    return null;
                }));
            }
            for (var one : done) {
                one.get();
            }
        }

        assertThat(entry(database, "counted")).hasSize(40);
    }

    /** The run pauses at a waitpoint. */
    private RunFlush pausing(Instant dueAt) {
        var row = new RunFlush.RunRow(
                now,
                ids.random(),
                ids.random(),
                "PRODUCTION",
                "PAUSED",
                null,
                true,
                null,
                now,
                null,
                null,
                0,
                null,
                null,
                List.of(),
                null);
        var effects = new RunFlush.Effects(
                new RunFlush.Pause(dueAt, WAITPOINT, null),
                List.of(new RunFlush.WaitpointRow(WAITPOINT, "a", "WEBHOOK", "V1", null, null)),
                List.of(new RunFlush.Child(child, queued(null))),
                List.of(),
                false);
        return new RunFlush(
                run,
                project,
                null,
                new RunFlush.JournalRow(0, "a", "a", DOC),
                List.of(),
                row,
                QueueChange.NONE,
                effects);
    }

    /** The child ends and answers its parent. */
    private RunFlush answering(Lane lane) {
        var effects = new RunFlush.Effects(
                null, List.of(), List.of(), List.of(new RunFlush.Completion(run, WAITPOINT, "{}")), false);
        return new RunFlush(child, project, queued(lane), null, List.of(), null, QueueChange.NONE, effects);
    }

    private static final String WAITPOINT = "0000000000000000000wp";

    private final String child = ids.runId(now);

    private Lane accepted(Database database, RunTables tables) throws SQLException {
        Tenants.project(database, project);
        var lane = register(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(accepting(lane))));
        return lane;
    }

    private List<RunTables.Claimed> claim(Database database, RunTables tables, Lane lane, int limit)
            throws SQLException {
        return write(database, connection -> tables.claim(connection, lane, limit, ANY)).stream()
                .filter(claimed -> claimed.projectId().equals(project))
                .toList();
    }

    @OnBothDatabases
    void a_paused_run_is_claimed_when_it_is_due_and_not_before(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = accepted(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(pausing(now.plusSeconds(3600)))));

        var early = claim(database, tables, lane, 50);
        database.transact(tx -> tx.sql()
                .update(Tables.RUN_QUEUE)
                .set(Tables.RUN_QUEUE.DUE_AT, Instant.EPOCH)
                .where(Tables.RUN_QUEUE.ID.eq(run))
                .execute());
        var due = claim(database, tables, lane, 50);
        var again = claim(database, tables, lane, 50);

        assertThat(early).extracting(RunTables.Claimed::runId).containsExactly(child);
        assertThat(due).hasSize(1);
        assertThat(due.getFirst().due()).isTrue();
        assertThat(due.getFirst().waitpointId()).isEqualTo(WAITPOINT);
        assertThat(due.getFirst().journal()).containsExactly(DOC);
        assertThat(again).isEmpty();
    }

    @OnBothDatabases
    void an_answer_wakes_the_run_whichever_of_it_and_the_pause_is_first(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        var lane = accepted(database, tables);

        // As a call does to a run that does not wait yet.
        database.transact(tx -> tx.sql()
                .update(Tables.RUN_QUEUE)
                .set(Tables.RUN_QUEUE.WOKEN, true)
                .where(Tables.RUN_QUEUE.ID.eq(run))
                .execute());
        write(database, connection -> tables.flush(connection, lane, 1, List.of(pausing(now.plusSeconds(3600)))));
        var woken = claim(database, tables, lane, 50);
        var second = new RunFlush.JournalRow(1, "a", "a", DOC);
        var pause = pausing(now.plusSeconds(3600));
        write(
                database,
                connection -> tables.flush(
                        connection,
                        lane,
                        1,
                        List.of(new RunFlush(
                                run, project, null, second, List.of(), pause.run(), pause.queue(), pause.effects()))));
        var asleep = claim(database, tables, lane, 50);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(answering(lane))));
        var answered = claim(database, tables, lane, 50);

        assertThat(woken).extracting(RunTables.Claimed::runId).containsExactlyInAnyOrder(run, child);
        assertThat(woken).noneMatch(RunTables.Claimed::due);
        assertThat(asleep).isEmpty();
        assertThat(answered).extracting(RunTables.Claimed::runId).containsExactly(run);
        assertThat(count(
                        database,
                        Tables.WAITPOINT,
                        Tables.WAITPOINT.STATUS.eq("COMPLETED").and(Tables.WAITPOINT.FLOW_RUN_ID.eq(run))))
                .isEqualTo(1);
    }

    @OnBothDatabases
    void a_pause_that_is_written_again_touches_nothing_that_came_after_it(Database database) throws SQLException {
        var tables = RunTables.of(database.dialect());
        if (!database.dialect().postgres()) {
            // A commit's outcome is never unknown there.
            return;
        }
        var lane = accepted(database, tables);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(pausing(Instant.EPOCH))));
        var claimed = claim(database, tables, lane, 50);
        database.transact(tx -> tx.sql()
                .deleteFrom(Tables.RUN_QUEUE)
                .where(Tables.RUN_QUEUE.ID.eq(child))
                .execute());

        write(database, connection -> tables.flush(connection, lane, 1, List.of(pausing(Instant.EPOCH))));

        assertThat(claimed).hasSize(2);
        assertThat(claim(database, tables, lane, 50)).isEmpty();
        assertThat(count(database, Tables.RUN_QUEUE, Tables.RUN_QUEUE.ID.eq(child)))
                .isZero();
    }

    @OnBothDatabases
    void a_run_whose_caller_waits_elsewhere_is_left_to_that_process_while_it_lives(Database database)
            throws SQLException {
        var tables = RunTables.of(database.dialect());
        if (!database.dialect().postgres()) {
            return;
        }
        var lane = accepted(database, tables);
        var pause = pausing(Instant.EPOCH);
        var effects = new RunFlush.Effects(
                new RunFlush.Pause(Instant.EPOCH, WAITPOINT, process), List.of(), List.of(), List.of(), false);
        write(
                database,
                connection -> tables.flush(
                        connection,
                        lane,
                        1,
                        List.of(new RunFlush(
                                run, project, null, pause.journal(), List.of(), pause.run(), pause.queue(), effects))));
        var other = ids.random();
        write(database, connection -> {
            tables.register(connection, other, "other", 2);
            return true;
        });

        var left = claim(database, tables, new Lane(other, 1, 1), 50);
        write(database, connection -> {
            tables.release(connection, process);
            return true;
        });
        var taken = claim(database, tables, new Lane(other, 1, 1), 50);

        assertThat(left).isEmpty();
        assertThat(taken).extracting(RunTables.Claimed::runId).containsExactly(run);
    }

    private RunFlush waiting(String run, String project, String environment, int priority) {
        var row = new RunFlush.QueueRow(
                now,
                ids.random(),
                ids.random(),
                environment,
                priority,
                null,
                null,
                null,
                true,
                null,
                null,
                null,
                false,
                DOC);
        return new RunFlush(run, project, row, null, List.of(), null, QueueChange.NONE);
    }

    /** Many runs of one project, and one each of some others. */
    private void crowd(Database database, RunTables tables, Lane lane, String crowded, List<String> others)
            throws SQLException {
        var flushes = new ArrayList<RunFlush>();
        for (int i = 0; i < 300; i++) {
            flushes.add(waiting(ids.runId(now), crowded, "PRODUCTION", 3));
        }
        for (var other : others) {
            flushes.add(waiting(ids.runId(now.plusSeconds(60)), other, "PRODUCTION", 3));
        }
        write(database, connection -> tables.flush(connection, lane, 1, flushes));
    }

    private static void emptyQueue(Database database) {
        database.transact(tx -> tx.sql().deleteFrom(Tables.RUN_QUEUE).execute());
    }

    @OnBothDatabases
    void a_project_with_many_runs_leaves_the_others_their_turns(Database database) throws SQLException {
        emptyQueue(database);
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var others = List.of(ids.random(), ids.random(), ids.random());
        crowd(database, tables, lane, project, others);

        var many = write(database, connection -> tables.claim(connection, lane, 8, ANY));

        assertThat(many).extracting(RunTables.Claimed::projectId).containsAll(others);
        assertThat(many).hasSize(5);

        crowd(database, tables, lane, project, others);
        var turns = new java.util.HashSet<String>();
        var turn = "";
        for (int i = 0; i < 4; i++) {
            var after = turn;
            var one = write(database, connection -> tables.claim(connection, lane, 1, new RunTables.Turn(after, 0)));
            assertThat(one).hasSize(1);
            turn = one.getFirst().projectId();
            turns.add(turn);
        }
        assertThat(turns).containsAll(others).contains(project);
        emptyQueue(database);
    }

    @OnBothDatabases
    void a_project_with_many_timers_leaves_the_others_their_turns(Database database) throws SQLException {
        emptyQueue(database);
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var others = List.of(ids.random(), ids.random(), ids.random());
        crowd(database, tables, lane, project, others);
        var queue = Tables.RUN_QUEUE;
        database.transact(tx -> {
            tx.sql()
                    .update(queue)
                    .set(queue.STATUS, "PAUSED")
                    .set(queue.DUE_AT, Instant.EPOCH)
                    .execute();
            tx.sql()
                    .update(queue)
                    .set(queue.DUE_AT, Instant.EPOCH.plusSeconds(60))
                    .where(queue.PROJECT_ID.in(others))
                    .execute();
        });

        var claimed = new ArrayList<>(write(database, connection -> tables.claim(connection, lane, 8, ANY)));
        claimed.addAll(write(database, connection -> tables.claim(connection, lane, 8, ANY)));

        assertThat(claimed).extracting(RunTables.Claimed::projectId).containsAll(others);
        assertThat(claimed).allMatch(RunTables.Claimed::due);
        emptyQueue(database);
    }

    @OnBothDatabases
    void a_project_has_only_so_many_production_runs_at_once(Database database) throws SQLException {
        emptyQueue(database);
        var tables = RunTables.of(database.dialect());
        var lane = register(database, tables);
        var other = ids.random();
        crowd(database, tables, lane, project, List.of(other));
        var test = ids.runId(now);
        write(database, connection -> tables.flush(connection, lane, 1, List.of(waiting(test, project, "TESTING", 2))));
        var limited = new RunTables.Turn("", 3);

        var first = write(database, connection -> tables.claim(connection, lane, 64, limited));
        var second = write(database, connection -> tables.claim(connection, lane, 64, limited));

        assertThat(first).extracting(RunTables.Claimed::runId).contains(test);
        assertThat(first).extracting(RunTables.Claimed::projectId).contains(other);
        assertThat(first).hasSize(5);
        assertThat(second).isEmpty();
        emptyQueue(database);
    }
}
