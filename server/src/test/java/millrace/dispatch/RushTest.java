package millrace.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RushTest {
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger samples = new AtomicInteger();
    private double cores = 1;
    private final Rush rush = new Rush(
            () -> {
                samples.incrementAndGet();
                return cores;
            },
            now::get);

    @Test
    void many_who_wait_on_busy_cores_are_one() {
        arrive(15);
        assertThat(rush.on()).isFalse();

        arrive(1);
        assertThat(rush.on()).isTrue();

        rush.left();
        assertThat(rush.on()).as("between two commits").isTrue();
        now.addAndGet(Duration.ofMillis(100).toNanos());
        assertThat(rush.on()).isFalse();
    }

    @Test
    void cores_with_time_to_spare_run_what_comes_however_many_wait() {
        cores = 0.5;
        arrive(1_000);

        assertThat(rush.on()).isFalse();
    }

    @Test
    void it_is_over_soon_after_the_cores_have_time_again() {
        arrive(16);
        assertThat(rush.on()).isTrue();

        cores = 0.5;
        for (int i = 0; i < 1_000; i++) {
            assertThat(rush.on()).isTrue();
        }
        assertThat(samples.get()).isOne();

        now.addAndGet(Duration.ofMillis(100).toNanos());
        arrive(1);
        assertThat(rush.on()).isFalse();
        assertThat(samples.get()).isEqualTo(2);
    }

    @Test
    void nobody_looks_at_the_cores_while_few_wait() {
        arrive(15);
        rush.on();

        assertThat(samples.get()).isZero();
    }

    private void arrive(int many) {
        for (int i = 0; i < many; i++) {
            rush.arrived();
        }
    }
}
