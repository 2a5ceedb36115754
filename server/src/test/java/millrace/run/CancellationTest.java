package millrace.run;

import static org.assertj.core.api.Assertions.assertThat;

import millrace.run.Cancellation.Cut;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CancellationTest {
    private final Cancellation cancellation = new Cancellation();

    @AfterEach
    void clear() {
        var ignored = Thread.interrupted();
    }

    @Test
    void a_pure_call_is_left_at_once() {
        cancellation.enter(false);
        cancellation.handOver(false);

        assertThat(cancellation.leave()).isEqualTo(Cut.HANDED_OVER);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void an_effectful_call_has_its_time_and_then_none() {
        cancellation.enter(true);
        cancellation.handOver(false);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();

        cancellation.handOver(true);

        assertThat(cancellation.leave()).isEqualTo(Cut.HANDED_OVER);
    }

    @Test
    void an_effectful_call_that_ends_in_time_was_not_cut() {
        cancellation.enter(true);
        cancellation.handOver(false);

        assertThat(cancellation.leave()).isEqualTo(Cut.NONE);
        assertThat(cancellation.leaving()).isTrue();
    }

    @Test
    void who_enters_late_does_not_wait() {
        cancellation.handOver(false);
        cancellation.enter(false);

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void a_canceled_run_is_canceled_though_its_process_stops() {
        cancellation.enter(true);
        cancellation.ask();
        cancellation.handOver(true);

        assertThat(cancellation.leave()).isEqualTo(Cut.CANCELED);
    }
}
