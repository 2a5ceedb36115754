package millrace.run;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Stops a run of this process, or sends it away to another one. Any thread may ask; the run's own thread is interrupted
 * only between {@link #enter} and {@link #leave}, where it waits for a call: an interrupt while it hands records to the
 * journal would lose them.
 */
final class Cancellation {
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Thread waiting;
    private boolean effectful;
    private volatile boolean asked;
    private volatile boolean leaving;
    private boolean atOnce;

    /** Why a wait ended before its time. */
    enum Cut {
        NONE,
        CANCELED,
        HANDED_OVER
    }

    void ask() {
        lock.lock();
        try {
            asked = true;
            interrupt();
        } finally {
            lock.unlock();
        }
    }

    boolean asked() {
        return asked;
    }

    /**
     * The run leaves this process before its next step, and in the middle of what nobody outside sees.
     *
     * @param atOnce in the middle of an effectful call too, which is in doubt then
     */
    void handOver(boolean atOnce) {
        lock.lock();
        try {
            leaving = true;
            this.atOnce |= atOnce;
            interrupt();
        } finally {
            lock.unlock();
        }
    }

    boolean leaving() {
        return leaving;
    }

    /**
     * From now on the calling thread may be interrupted.
     *
     * @param effectful whether what it waits for may be seen outside
     */
    void enter(boolean effectful) {
        lock.lock();
        try {
            waiting = Thread.currentThread();
            this.effectful = effectful;
            interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void interrupt() {
        if (waiting != null && (asked || leaving && (atOnce || !effectful))) {
            waiting.interrupt();
        }
    }

    /** Ends what {@link #enter} began, and says whether {@link #ask} or {@link #handOver} cut it short. */
    Cut leave() {
        lock.lock();
        try {
            waiting = null;
            if (!(asked || leaving) || !Thread.interrupted()) {
                return Cut.NONE;
            }
            return asked ? Cut.CANCELED : Cut.HANDED_OVER;
        } finally {
            lock.unlock();
        }
    }
}
