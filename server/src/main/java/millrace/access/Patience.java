package millrace.access;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may be parked while the database is away, all its waits together, and how much it holds meanwhile.
 *
 * <p>It is bound to the request's thread and not passed through every call: it decides no result, only for how long
 * somebody waits for it. Work that nobody waits for (runs, retention) has none, and waits the database's own time.
 */
public final class Patience {
    private static final ScopedValue<Patience> CURRENT = ScopedValue.newInstance();

    private final @Nullable Duration atMost;
    private long deadline;
    private boolean waiting;
    private long bytes;

    /** @param atMost null: as long as the database's settings say */
    public Patience(@Nullable Duration atMost) {
        this.atMost = atMost;
    }

    /** The patience of the request that this thread works on. */
    public static Optional<Patience> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Does a request's work with this patience. */
    public void during(Runnable work) {
        ScopedValue.where(CURRENT, this).run(work);
    }

    /** How long in all. */
    public Duration atMost(Duration standard) {
        return atMost == null ? standard : atMost;
    }

    /** What is left; the first question starts the clock. Never negative. */
    public Duration left(Duration standard) {
        var now = System.nanoTime();
        if (!waiting) {
            waiting = true;
            deadline = now + atMost(standard).toNanos();
        }
        return Duration.ofNanos(Math.max(0, deadline - now));
    }

    /** The request has read so many bytes, and keeps them until it is answered. */
    public void holds(long more) {
        bytes += more;
    }

    /** What the request keeps in memory while it waits. */
    public long bytes() {
        return bytes;
    }
}
