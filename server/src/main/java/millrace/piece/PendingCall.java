package millrace.piece;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A request on its way, and the thread that waits for it. The first outcome counts. */
final class PendingCall {
    final int id;
    final long deadline;
    private final Thread caller = Thread.currentThread();
    private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

    /** @param deadline of {@code System.nanoTime} */
    PendingCall(int id, long deadline) {
        this.id = id;
        this.deadline = deadline;
    }

    /** For any thread. */
    void complete(Outcome ended) {
        if (outcome.compareAndSet(null, ended)) {
            LockSupport.unpark(caller);
        }
    }

    /** For the thread that made the call. Deadlines are the host's watch's business, which completes the call. */
    Outcome await() {
        while (true) {
            if (outcome.get() instanceof Outcome ended) {
                return ended;
            }
            if (Thread.currentThread().isInterrupted()) {
                return Outcome.INTERRUPTED;
            }
            LockSupport.park(this);
        }
    }

    /** As {@link #await()}, but null after so long. */
    @Nullable
    Outcome await(long nanos) {
        var end = System.nanoTime() + nanos;
        while (true) {
            if (outcome.get() instanceof Outcome ended) {
                return ended;
            }
            if (Thread.currentThread().isInterrupted()) {
                return Outcome.INTERRUPTED;
            }
            var left = end - System.nanoTime();
            if (left <= 0) {
                return null;
            }
            LockSupport.parkNanos(this, left);
        }
    }
}
