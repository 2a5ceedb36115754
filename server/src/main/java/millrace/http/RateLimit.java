package millrace.http;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import millrace.config.HttpSettings;

/**
 * Counts calls of each client address in windows of fixed length. Any thread may ask; all state is under this object's
 * lock, which is held for a look-up only. Bounded: addresses whose window is over are forgotten, and beyond 100,000 live
 * ones new addresses share a window.
 */
final class RateLimit {
    private static final int MAX_ADDRESSES = 100_000;

    private final int max;
    private final long windowNanos;
    private final LongSupplier nanoTime;
    private final Map<String, Window> windows = new HashMap<>();

    RateLimit(HttpSettings.SignInLimit limit, LongSupplier nanoTime) {
        this.max = limit.max();
        this.windowNanos = limit.window().toNanos();
        this.nanoTime = nanoTime;
    }

    /** Counts one call; false when the address has had its share of this window. */
    synchronized boolean allows(String address) {
        long now = nanoTime.getAsLong();
        if (windows.size() >= MAX_ADDRESSES) {
            windows.values().removeIf(window -> now - window.began >= windowNanos);
        }
        var key = windows.size() >= MAX_ADDRESSES && !windows.containsKey(address) ? "" : address;
        var window = windows.computeIfAbsent(key, a -> new Window(now));
        if (now - window.began >= windowNanos) {
            window.began = now;
            window.calls = 0;
        }
        window.calls++;
        return window.calls <= max;
    }

    private static final class Window {
        private long began;
        private int calls;

        private Window(long began) {
            this.began = began;
        }
    }
}
