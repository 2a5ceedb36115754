package millrace.database;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import millrace.access.Patience;

/**
 * Room for those who wait for the database: bounded in count and in the bytes that they hold, so that an outage does not
 * fill the memory. Safe for all threads.
 */
final class Parking {
    private static final int MAX_COUNT = 10_000;

    private final int maxCount;
    private final long maxBytes;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    Parking() {
        this(MAX_COUNT, Runtime.getRuntime().maxMemory() / 8);
    }

    Parking(int maxCount, long maxBytes) {
        this.maxCount = maxCount;
        this.maxBytes = maxBytes;
    }

    /** A place for the request of this thread, until it is closed. */
    interface Place extends AutoCloseable {
        @Override
        void close();
    }

    /** @throws NotConnected at once when all places are taken */
    Place enter() throws NotConnected {
        long held = Patience.current().map(Patience::bytes).orElse(0L);
        Place place = () -> {
            count.decrementAndGet();
            bytes.addAndGet(-held);
        };
        // One that waits alone may hold any amount: the route's own limit stands.
        if (count.incrementAndGet() > maxCount | (bytes.addAndGet(held) > maxBytes && bytes.get() > held)) {
            place.close();
            throw new NotConnected("too many requests wait for the database already");
        }
        return place;
    }

    /** How many wait now. */
    int waiting() {
        return count.get();
    }
}
