package millrace.notify;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One open stream: events wait here for their reader. A reader that is too slow is cut off. */
final class Listener {
    private static final int MAX_WAITING = 2_000;

    private final ArrayBlockingQueue<LiveEvent> waiting = new ArrayBlockingQueue<>(MAX_WAITING);
    private volatile boolean ended;

    void offer(LiveEvent event) {
        if (!waiting.offer(event)) {
            ended = true;
        }
    }

    void end() {
        ended = true;
    }

    /** No more events will come, or some have been lost. */
    boolean ended() {
        return ended;
    }

    /** The next event; null when none has come in time. */
    @Nullable
    LiveEvent next(Duration atMost) throws InterruptedException {
        return waiting.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }
}
