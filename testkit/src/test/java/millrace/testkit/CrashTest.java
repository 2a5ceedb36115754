package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;

/**
 * What a crash may cost: nothing that was answered. The client numbers its webhooks and keeps the numbers that were
 * answered 200; each must then have exactly one run, which has ended.
 */
class CrashTest {
    private static final int KILLS = 10;
    private static final int CLIENTS = 8;
    private static final int ANSWERS_BEFORE_A_KILL = 60;
    private static final int SHORTEST_LIFE_MS = 50;
    private static final int LONGEST_LIFE_MS = 400;

    @OnBothDatabases
    void every_accepted_run_ends_once_though_the_server_is_killed_ten_times(TestDatabase.Kind kind) throws Exception {
        var settings = new HashMap<>(TestDatabase.create(kind).settings());
        settings.put("AP_API_RATE_LIMIT_AUTHN_ENABLED", "false");
        settings.put("AP_LOG_LEVEL", "warn");
        // The moments of the kills differ from run to run; the promise holds for all.
        var chance = new Random();

        try (var server = ServerProcess.start(Map.copyOf(settings))) {
            var flowId = publish(server);
            var load = new Load(server.base(), flowId);
            try (load) {
                for (var kill = 0; kill < KILLS; kill++) {
                    load.awaitMoreAnswers(ANSWERS_BEFORE_A_KILL);
                    LockSupport.parkNanos(chance.nextLong(SHORTEST_LIFE_MS, LONGEST_LIFE_MS) * 1_000_000);
                    server.kill();
                    server.start();
                }
                load.awaitMoreAnswers(ANSWERS_BEFORE_A_KILL);
            }

            assertThat(load.unexpected).as("answers other than 200").isEmpty();
            assertEveryAcceptedRunEndedOnce(server, flowId, load.accepted);
        }
    }

    private static String publish(ServerProcess server) {
        try (var owner = Client.owner(server.base())) {
            return owner.publish(flow().onWebhook()
                    .step(
                            "step_1",
                            Step.piece("@activepieces/piece-math-helper", "0.0.1", "addition_math")
                                    .input("first_number", "{{trigger['output'].body.number}}")
                                    .input("second_number", 1))
                    .step("step_2", Step.code("return inputs.sum + 1").input("sum", "{{step_1['output']}}")));
        }
    }

    private static void assertEveryAcceptedRunEndedOnce(ServerProcess server, String flowId, Set<Integer> accepted) {
        try (var owner = Client.owner(server.base())) {
            var seen = new HashSet<Integer>();
            for (var run : owner.ended(flowId, accepted.size())) {
                var steps = owner.run(run.path("id").asText());
                var number = steps.at("/steps/trigger/output/body/number").asInt(-1);

                assertThat(run.path("status").asText())
                        .as("run of webhook " + number)
                        .isEqualTo("SUCCEEDED");
                assertThat(steps.at("/steps/step_2/output").asInt()).isEqualTo(number + 2);
                assertThat(seen.add(number))
                        .as("first run of webhook " + number)
                        .isTrue();
            }
            assertThat(seen).containsAll(accepted);
        }
    }

    /** Clients that call the webhook without a pause; a call that breaks is not repeated. */
    private static final class Load implements AutoCloseable {
        final Set<Integer> accepted = ConcurrentHashMap.newKeySet();
        final Set<String> unexpected = ConcurrentHashMap.newKeySet();
        private final AtomicInteger number = new AtomicInteger();
        private final AtomicBoolean ending = new AtomicBoolean();
        private final java.util.concurrent.ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

        Load(String base, String flowId) {
            for (var i = 0; i < CLIENTS; i++) {
                threads.submit(() -> call(base, flowId));
            }
        }

        void awaitMoreAnswers(int count) {
            var enough = accepted.size() + count;
            var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
            while (accepted.size() < enough) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("no answers any more: " + unexpected);
                }
                LockSupport.parkNanos(1_000_000);
            }
        }

        @Override
        public void close() {
            ending.set(true);
            threads.close();
        }

        private void call(String base, String flowId) {
            try (var caller = Caller.to(base)) {
                while (!ending.get()) {
                    var mine = number.incrementAndGet();
                    var status = caller.post(
                            "/api/v1/webhooks/" + flowId, Json.object().put("number", mine));
                    if (status == 200) {
                        accepted.add(mine);
                    } else if (status == Caller.BROKEN) {
                        LockSupport.parkNanos(5_000_000);
                    } else {
                        unexpected.add("webhook " + mine + " was answered " + status);
                    }
                }
            }
        }
    }
}
