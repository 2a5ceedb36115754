package millrace.database;

import static millrace.schema.Tables.FLOW_RUN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import millrace.engine.Json;
import millrace.schema.tables.records.FlowRunRow;
import org.jooq.Condition;
import org.jooq.impl.DSL;

class DialectTest {
    private final Ids ids = new Ids(new SecureRandom());

    @OnBothDatabases
    void now_is_the_databases_clock(Database database) {
        Instant now =
                database.read(tx -> tx.sql().fetchValue(DSL.select(tx.dialect().now())));
        Instant later =
                database.read(tx -> tx.sql().fetchValue(DSL.select(tx.dialect().nowPlus(Duration.ofHours(1)))));
        Instant earlier =
                database.read(tx -> tx.sql().fetchValue(DSL.select(tx.dialect().nowPlus(Duration.ofHours(-1)))));

        assertThat(now).isCloseTo(Instant.now(), within(5, ChronoUnit.SECONDS));
        assertThat(later).isCloseTo(now.plusSeconds(3600), within(5, ChronoUnit.SECONDS));
        assertThat(earlier).isCloseTo(now.minusSeconds(3600), within(5, ChronoUnit.SECONDS));
    }

    @OnBothDatabases
    void moments_compare_with_the_databases_clock(Database database) {
        var run = stored(database, aRun().setStartTime(Instant.now().minusSeconds(60)));

        assertThat(holds(
                        database, run, FLOW_RUN.START_TIME.lt(database.dialect().now())))
                .isTrue();
        assertThat(holds(
                        database, run, FLOW_RUN.START_TIME.lt(database.dialect().nowPlus(Duration.ofSeconds(-120)))))
                .isFalse();
    }

    @OnBothDatabases
    void text_is_found_in_either_case_and_has_no_wildcards(Database database) {
        var run = stored(database, aRun().setStepNameToTest("100% Übung_a\\b"));

        for (var part : List.of("übung", "ÜBUNG_A", "0% ü", "\\B", "")) {
            assertThat(holds(database, run, database.dialect().containsIgnoreCase(FLOW_RUN.STEP_NAME_TO_TEST, part)))
                    .as(part)
                    .isTrue();
        }
        for (var part : List.of("1%Ü", "übung a", "ubung", "_0")) {
            assertThat(holds(database, run, database.dialect().containsIgnoreCase(FLOW_RUN.STEP_NAME_TO_TEST, part)))
                    .as(part)
                    .isFalse();
        }
    }

    @OnBothDatabases
    void nul_is_looked_for_as_it_is_stored(Database database) {
        var run = stored(database, aRun().setFailedStep(Json.object().put("message", "a\0b")));
        var message = database.dialect().jsonText(FLOW_RUN.FAILED_STEP, "message");

        assertThat(holds(database, run, message.eq("a\0b"))).isTrue();
        assertThat(holds(database, run, database.dialect().containsIgnoreCase(message, "A\0")))
                .isTrue();
        assertThat(holds(database, run, FLOW_RUN.FLOW_ID.eq("\0"))).isFalse();
    }

    @OnBothDatabases
    void lists_are_searched_by_whole_elements(Database database) {
        var dialect = database.dialect();
        var run = stored(database, aRun().setTags(List.of("red", "it's \"x\"", "nul\0")));

        assertThat(holds(database, run, dialect.hasElement(FLOW_RUN.TAGS, "red")))
                .isTrue();
        assertThat(holds(database, run, dialect.hasElement(FLOW_RUN.TAGS, "it's \"x\"")))
                .isTrue();
        assertThat(holds(database, run, dialect.hasElement(FLOW_RUN.TAGS, "nul\0")))
                .isTrue();
        assertThat(holds(database, run, dialect.hasElement(FLOW_RUN.TAGS, "re")))
                .isFalse();
        assertThat(holds(database, run, dialect.hasAnyElement(FLOW_RUN.TAGS, List.of("blue", "red"))))
                .isTrue();
        assertThat(holds(database, run, dialect.hasAnyElement(FLOW_RUN.TAGS, List.of("blue"))))
                .isFalse();
        assertThat(holds(database, run, dialect.hasAnyElement(FLOW_RUN.TAGS, List.of())))
                .isFalse();
    }

    @OnBothDatabases
    void a_locked_row_is_left_out_by_others(Database database, DatabaseKind kind) throws Exception {
        if (!kind.postgres()) {
            return; // one writer: nobody else can hold a lock
        }
        var run = stored(database, aRun());
        var locked = new CountDownLatch(1);
        var looked = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var holder = threads.submit(() -> database.transact(tx -> {
                tx.dialect()
                        .forUpdate(tx.sql().selectFrom(FLOW_RUN).where(FLOW_RUN.ID.eq(run.getId())))
                        .fetch();
                locked.countDown();
                await(looked);
            }));
            locked.await();

            List<FlowRunRow> free = database.transaction(tx -> tx.dialect()
                    .forUpdateSkipLocked(tx.sql().selectFrom(FLOW_RUN).where(FLOW_RUN.ID.eq(run.getId())))
                    .fetch());
            looked.countDown();

            assertThat(free).isEmpty();
            holder.get();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private FlowRunRow aRun() {
        return new FlowRunRow()
                .setId(ids.runId(Instant.now()))
                .setProjectId(ids.random())
                .setFlowId(ids.random())
                .setFlowVersionId(ids.random())
                .setStatus("SUCCEEDED");
    }

    private static FlowRunRow stored(Database database, FlowRunRow run) {
        database.transact(tx -> tx.sql().executeInsert(run));
        return run;
    }

    private static boolean holds(Database database, FlowRunRow run, Condition condition) {
        return database.read(
                tx -> tx.sql().fetchExists(FLOW_RUN, FLOW_RUN.ID.eq(run.getId()).and(condition)));
    }
}
