package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import millrace.engine.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What callers see while the database is away, and after it: nothing accepted is lost, nothing refused is run. */
class OutageTest {
    private static final int POOL = 6;
    /** {@code ./millrace test nightly} cuts and locks for a minute. */
    private static final int NIGHTLY_SECONDS = Integer.getInteger("outage.seconds", 0);

    private static final int CUTS = NIGHTLY_SECONDS == 0 ? 8 : NIGHTLY_SECONDS / 2;
    private static final Duration BETWEEN_CUTS = Duration.ofMillis(NIGHTLY_SECONDS == 0 ? 150 : 2_000);
    private static final String CONNECTIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'millrace%'";
    private static RestartablePostgres postgres;
    private static TcpProxy proxy;

    @BeforeAll
    static void start() {
        postgres = RestartablePostgres.start();
        proxy = TcpProxy.to(postgres.port());
    }

    @AfterAll
    static void stop() {
        proxy.close();
        postgres.close();
    }

    @Test
    void a_restart_is_waited_for_and_nobody_sees_it() throws Exception {
        try (var millrace = server(60, 60_000);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
            var answers = new ArrayList<Future<Answer>>();
            var restart = callers.submit(postgres::restart);
            do {
                var number = answers.size();
                answers.add(callers.submit(() -> millrace.webhook(flow, "{}")));
                answers.add(callers.submit(() -> millrace.owner().get("/flows?projectId=" + projectId(millrace))));
                answers.add(callers.submit(() -> newFolder(millrace, number)));
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            } while (!restart.isDone());

            for (var answer : answers) {
                assertThat(answer.get().status()).isEqualTo(200);
            }
            assertThat(millrace.owner().ended(flow, answers.size() / 3)).hasSize(answers.size() / 3);
        }
    }

    @Test
    void an_outage_that_lasts_is_told_in_time_and_what_was_refused_never_runs() throws Exception {
        try (var millrace = server(1, 500)) {
            var flow = millrace.publish(
                    FlowBuilder.flow().onWebhook().step("answer", Step.respond("{{trigger['output'].body}}")));
            millrace.sync(flow, "{}").success();

            proxy.silence();
            await(() -> health(millrace).status() == 503);
            unavailable(() -> millrace.webhook(flow, "{}"));
            unavailable(() -> millrace.sync(flow, "{}"));
            unavailable(() -> millrace.owner().get("/flows?projectId=" + projectId(millrace)));
            unavailable(() -> newFolder(millrace, 0));
            assertThat(millrace.owner().open("GET", "/flags", null).status()).isEqualTo(200);
            await(() -> live(millrace).status() == 503);
            proxy.speak();

            await(() -> health(millrace).status() == 200);
            assertThat(live(millrace).status()).isEqualTo(200);
            await(() -> millrace.sync(flow, "{}").status() == 200);
            var runs = postgres.count(
                    "SELECT count(*) FROM (SELECT id FROM flow_run UNION SELECT id FROM run_queue) AS runs"
                            + " WHERE id IN (SELECT id FROM flow_run WHERE \"flowId\" = '" + flow + "')"
                            + " OR id IN (SELECT id FROM run_queue WHERE \"flowId\" = '" + flow + "')");
            assertThat(runs).isEqualTo(2);
        } finally {
            proxy.speak();
        }
    }

    @Test
    void cut_connections_cost_no_run_and_the_pool_never_grows() throws Exception {
        try (var millrace = server(60, 60_000);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
            var answers = new ArrayList<Future<Answer>>();
            for (int cut = 0; cut < CUTS; cut++) {
                for (int i = 0; i < 10; i++) {
                    answers.add(callers.submit(() -> millrace.webhook(flow, "{}")));
                    answers.add(callers.submit(() -> millrace.owner().get("/flows?projectId=" + projectId(millrace))));
                }
                LockSupport.parkNanos(BETWEEN_CUTS.toNanos());
                assertThat(postgres.count(CONNECTIONS)).isLessThanOrEqualTo(POOL);
                proxy.cut();
            }

            for (var answer : answers) {
                assertThat(answer.get().status()).isEqualTo(200);
            }
            assertThat(millrace.owner().ended(flow, answers.size() / 2)).hasSize(answers.size() / 2);
            assertThat(postgres.count(CONNECTIONS)).isLessThanOrEqualTo(POOL);
        }
    }

    @Test
    void a_locked_table_stops_no_one_else_and_is_waited_for() throws Exception {
        try (var millrace = server(60, 500)) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
            millrace.webhook(flow, "{}").success();
            millrace.onlyRun(flow);

            postgres.whileLocked("flow_run", () -> {
                unavailable(() -> millrace.owner().get("/flow-runs?projectId=" + projectId(millrace)));
                assertThat(newFolder(millrace, 1).status()).isEqualTo(200);
                assertThat(health(millrace).status()).isEqualTo(200);
            });

            millrace.webhook(flow, "{}").success();
            assertThat(millrace.owner().ended(flow, 2)).hasSize(2);
        }
    }

    /** With 3 lists can starve the heartbeat, and the database looks silent. */
    @ParameterizedTest
    @ValueSource(ints = {3, POOL})
    @EnabledIfSystemProperty(named = "outage.seconds", matches = "[1-9]\\d*")
    void what_was_accepted_while_a_table_was_locked_for_long_runs_once(int pool) throws Exception {
        try (var millrace = server(30, 5_000, pool);
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
            var answers = new ArrayList<Future<Answer>>();
            postgres.whileLocked("flow_run", () -> {
                var end =
                        System.nanoTime() + Duration.ofSeconds(NIGHTLY_SECONDS).toNanos();
                while (System.nanoTime() < end) {
                    answers.add(callers.submit(() -> millrace.webhook(flow, "{}")));
                    callers.submit(() -> millrace.owner().get("/flow-runs?projectId=" + projectId(millrace)));
                    assertThat(postgres.count(CONNECTIONS)).isLessThanOrEqualTo(pool);
                    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                }
            });

            long accepted = 0;
            for (var answer : answers) {
                assertThat(answer.get().status()).isIn(200, 503);
                accepted += answer.get().status() == 200 ? 1 : 0;
            }
            await(() -> millrace.webhook(flow, "{}").status() == 200);
            var ended = millrace.owner().ended(flow, (int) accepted + 1).size();
            // A webhook whose commit was under way when its time was over was answered 503 and runs.
            assertThat((long) ended).isBetween(accepted + 1, (long) answers.size() + 1);
        }
    }

    private static TestMillrace server(int webhookSeconds, int requestMillis) {
        return server(webhookSeconds, requestMillis, POOL);
    }

    private static TestMillrace server(int webhookSeconds, int requestMillis, int pool) {
        postgres.recreate("outage");
        return TestMillrace.start(
                TestDatabase.Kind.POSTGRES,
                Map.of(
                        "AP_POSTGRES_URL", "postgresql://postgres@127.0.0.1:" + proxy.port() + "/outage",
                        "AP_POSTGRES_POOL_SIZE", Integer.toString(pool),
                        "AP_WEBHOOK_TIMEOUT_SECONDS", Integer.toString(webhookSeconds),
                        "AP_POSTGRES_ACQUIRE_TIMEOUT_MS", Integer.toString(requestMillis),
                        "AP_LIVENESS_DATABASE_SECONDS", "3"));
    }

    private static void unavailable(Callable<Answer> call) throws Exception {
        var began = System.nanoTime();
        var answer = call.call();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after").orElse("")).matches("[1-9]\\d*");
        assertThat(answer.json()).isEqualTo(Json.read("{\"code\": \"DATABASE_UNAVAILABLE\", \"params\": {}}"));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    }

    private static String projectId(TestMillrace millrace) {
        return millrace.owner().projectId();
    }

    private static Answer newFolder(TestMillrace millrace, int number) {
        return millrace.owner()
                .post("/folders", Json.object().put("displayName", "f" + number).put("projectId", projectId(millrace)));
    }

    private static Answer health(TestMillrace millrace) {
        return millrace.owner().open("GET", "/health", null);
    }

    private static Answer live(TestMillrace millrace) {
        return millrace.owner().open("GET", "/health/live", null);
    }

    private static void await(BooleanSupplier condition) {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
