package millrace.piece;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A place that always has one host: the next call after a loss starts another. For any number of threads. */
final class HostSlot implements AutoCloseable {
    /** Starts a host; called under the slot's lock. */
    interface Start {
        Host host() throws IOException;
    }

    private final Start start;
    private final Semaphore room;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Host host;

    HostSlot(Start start, int calls) {
        this.start = start;
        this.room = new Semaphore(calls);
    }

    /** Makes the call when the host has room for it. */
    Outcome call(HostRequest request, long deadline) throws IOException {
        try {
            if (!room.tryAcquire() && !room.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return Outcome.TIMED_OUT;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.INTERRUPTED;
        }
        try {
            return ready().call(request, deadline);
        } finally {
            room.release();
        }
    }

    /** Free places; a hint. */
    int room() {
        return room.availablePermits();
    }

    Host ready() throws IOException {
        lock.lock();
        try {
            if (host == null || !host.accepting()) {
                host = start.host();
            }
            return host;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the place a host that was started elsewhere. */
    void adopt(Host started) {
        lock.lock();
        try {
            host = started;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (host != null) {
                host.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
