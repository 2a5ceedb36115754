package millrace.access;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers answers for at most one second, so that a check at every request is not a query at every request. Also
 * remembers that there was nothing. Safe for all threads; bounded: when it is full it forgets everything.
 */
public final class Recent<K, V> {
    private static final long MAX_AGE_NANOS = 1_000_000_000L;
    private static final int MAX_ENTRIES = 10_000;

    private final ConcurrentHashMap<K, Entry<V>> entries = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;

    public Recent() {
        this(System::nanoTime);
    }

    Recent(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The answer of the last second, or a new one; several threads may load the same key at once. */
    public @Nullable V get(K key, Function<K, @Nullable V> load) {
        var entry = entries.get(key);
        // Taken before loading: an answer is as old as the moment at which its question was asked.
        long now = nanoTime.getAsLong();
        if (entry != null && now - entry.asked < MAX_AGE_NANOS) {
            return entry.value;
        }
        var value = load.apply(key);
        if (entries.size() >= MAX_ENTRIES) {
            entries.clear();
        }
        entries.put(key, new Entry<>(value, now));
        return value;
    }

    /** Forgets everything: something has changed in this process. Others see it within a second. */
    public void forget() {
        entries.clear();
    }

    private record Entry<V>(@Nullable V value, long asked) {}
}
