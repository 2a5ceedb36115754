package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The primary dies under load and its synchronous standby takes over: nobody sees it, and nothing is lost. */
class FailoverTest {
    @Test
    void no_call_fails_and_nothing_accepted_is_lost_or_doubled() throws Exception {
        try (var postgres = ReplicatedPostgres.start();
                var millrace = TestMillrace.start(
                        TestDatabase.Kind.POSTGRES,
                        Map.of("AP_POSTGRES_URL", postgres.url(), "AP_POSTGRES_ACQUIRE_TIMEOUT_MS", "60000"));
                var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var flow = millrace.publish(FlowBuilder.flow().onWebhook());
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

            // Who comes back as it was gets no writes, though it stands first in the list.
            postgres.reviveFormer();
            var before = postgres.countOnFirst("SELECT count(*) FROM flow_run");
            millrace.restart();
            millrace.webhook(flow, "{}").success();
            assertThat(millrace.owner().ended(flow, 101)).hasSize(101);
            assertThat(postgres.countOnFirst("SELECT count(*) FROM flow_run")).isEqualTo(before);
        }
    }
}
