package millrace.run;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stops a run of this process. Any thread may ask; the run's own thread is interrupted only between {@link #enter} and
 * {@link #leave}, where it waits for a call: an interrupt while it hands records to the journal would lose them.
 */
final class Cancellation {
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread waiting;
    private volatile boolean asked;

    void ask() {
        lock.lock();
        try {
            asked = true;
            if (waiting != null) {
                waiting.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean asked() {
        return asked;
    }

    /** From now on the calling thread may be interrupted. */
    void enter() {
        lock.lock();
        try {
            waiting = Thread.currentThread();
            if (asked) {
                waiting.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends what {@link #enter} began. True when the wait was cut short by {@link #ask}, and by nothing else. */
    boolean leave() {
        lock.lock();
        try {
            waiting = null;
            return asked && Thread.interrupted();
        } finally {
            lock.unlock();
        }
    }
}
