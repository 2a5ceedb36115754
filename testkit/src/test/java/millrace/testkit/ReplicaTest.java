package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;

/** Lists are read from a standby, and nobody sees a difference: whatever it lacks, the primary has. */
class ReplicaTest {
    private static final String READS =
            "SELECT COALESCE(sum(seq_scan + idx_scan), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'folder'";

    @Test
    void lists_come_from_the_replica_and_never_lack_what_was_written() {
        try (var postgres = ReplicatedPostgres.startAsynchronous();
                var millrace = TestMillrace.start(
                        TestDatabase.Kind.POSTGRES,
                        Map.of(
                                "AP_POSTGRES_URL", postgres.firstUrl(),
                                "AP_POSTGRES_REPLICA_URL", postgres.secondUrl()))) {
            for (int i = 1; i <= 30; i++) {
                assertThat(foldersAfterOneMore(millrace, i)).isEqualTo(i);
            }
            await(() -> postgres.countOnSecond(READS) > 0);

            postgres.pauseReplay();
            assertThat(foldersAfterOneMore(millrace, 31)).isEqualTo(31);
            postgres.resumeReplay();

            postgres.killStandby();
            for (int i = 32; i <= 40; i++) {
                assertThat(foldersAfterOneMore(millrace, i)).isEqualTo(i);
            }
        }
    }

    private static int foldersAfterOneMore(TestMillrace millrace, int number) {
        var owner = millrace.owner();
        owner.post("/folders", Json.object().put("displayName", "f" + number).put("projectId", owner.projectId()))
                .success();
        return owner.get("/folders?limit=100&projectId=" + owner.projectId())
                .success()
                .path("data")
                .size();
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }
}
