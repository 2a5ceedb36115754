package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;

/** The primary dies and its standby takes over: a synchronous one lacks nothing, another may be behind the world. */
class FailoverTest {
    @Test
    void no_call_fails_and_nothing_accepted_is_lost_or_doubled() throws Exception {
        try (var postgres = ReplicatedPostgres.start();
                var millrace = TestMillrace.start(
                        TestDatabase.Kind.POSTGRES,
                        Map.of("AP_POSTGRES_URL", postgres.url(), "AP_POSTGRES_ACQUIRE_TIMEOUT_MS", "60000"));
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
            assertThat(rpo(millrace)).isEqualTo("SYNCHRONOUS_STANDBY");
            var answers = new ArrayList<Future<Answer>>();
            var reads = new ArrayList<Future<Answer>>();
            long began = 0;
            for (int i = 0; i < 100; i++) {
                answers.add(callers.submit(() -> millrace.webhook(flow, "{}")));
                reads.add(callers.submit(() -> millrace.owner()
                        .get("/flows?projectId=" + millrace.owner().projectId())));
                if (i == 30) {
                    postgres.killPrimary();
                    began = System.nanoTime();
                } else if (i == 60) {
                    postgres.promote();
                }
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }

            for (var answer : answers) {
                assertThat(answer.get().status()).isEqualTo(200);
            }
            for (var read : reads) {
                assertThat(read.get().status()).isEqualTo(200);
            }
            System.out.println("outage with failover: " + (System.nanoTime() - began) / 1_000_000 + " ms");
            assertThat(millrace.owner().ended(flow, 100)).hasSize(100);
            assertThat(held(millrace).path("held").asBoolean()).isFalse();

            // Who comes back as it was gets no writes, though it stands first in the list.
            postgres.reviveFormer();
            var before = postgres.countOnFirst("SELECT count(*) FROM flow_run");
            millrace.restart();
            millrace.webhook(flow, "{}").success();
            assertThat(millrace.owner().ended(flow, 101)).hasSize(101);
            assertThat(postgres.countOnFirst("SELECT count(*) FROM flow_run")).isEqualTo(before);
            assertThat(held(millrace).path("held").asBoolean()).isFalse();
        }
    }

    @Test
    void after_an_asynchronous_one_what_was_in_flight_is_held() throws Exception {
        try (var postgres = ReplicatedPostgres.startAsynchronous();
                var millrace =
                        TestMillrace.start(TestDatabase.Kind.POSTGRES, Map.of("AP_POSTGRES_URL", postgres.url()))) {
            var echo = millrace.echo();
            var hanging = echo.holds("/hanging");
            var busy = millrace.publish(FlowBuilder.flow()
                    .onWebhook()
                    .step("a", Step.httpPost(echo.url() + "/hanging", Json.object()))
                    .step("b", Step.httpPost(echo.url() + "/after", Json.object())));
            var later = millrace.publish(FlowBuilder.flow()
                    .onWebhook()
                    .step(
                            "wait",
                            Step.piece("@activepieces/piece-delay", "0.3.0", "delayFor")
                                    .input("unit", "hours")
                                    .input("delayFor", 1)));
            var quick = millrace.publish(FlowBuilder.flow().onWebhook());
            millrace.webhook(later, "{}").success();
            millrace.owner().paused(later);
            millrace.webhook(busy, "{}").success();
            hanging.await(60, TimeUnit.SECONDS);

            assertThat(rpo(millrace)).isEqualTo("STANDBY");
            postgres.cutReplication();
            assertThat(rpo(millrace)).isEqualTo("NOTHING");
            millrace.webhook(quick, "{}").success();
            millrace.owner().ended(quick, 1);
            postgres.killPrimary();
            postgres.promote();
            var held = held(millrace);
            echo.release("/hanging");

            assertThat(held.path("held").asBoolean()).isTrue();
            assertThat(held.path("reason").asText()).contains("lacks commits which the old one had acknowledged");
            assertThat(held.path("counts").path("runs").asInt()).isEqualTo(2);
            while (millrace.webhook(quick, "{}").status() != 200) {
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
            assertThat(millrace.owner().ended(quick, 1)).hasSize(1);
            assertThat(echo.count("/after")).isZero();
            var released = millrace.owner()
                    .post("/platform-admin/database/release", Json.object().put("decision", "SKIP_IN_DOUBT"))
                    .success();
            assertThat(released.path("ended").asInt()).isEqualTo(1);
            assertThat(released.path("released").asInt()).isEqualTo(1);
            assertThat(echo.count("/after")).isZero();
        }
    }

    private static String rpo(TestMillrace millrace) {
        return millrace.owner()
                .get("/platform-admin/database/rpo")
                .success()
                .path("from")
                .asText();
    }

    /** Asked until the database is back. */
    private static JsonNode held(TestMillrace millrace) {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (true) {
            var answer = millrace.owner().get("/platform-admin/database/hold");
            if (answer.status() != 503 || System.nanoTime() > deadline) {
                return answer.success();
            }
        }
    }
}
