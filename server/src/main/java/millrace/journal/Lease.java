package millrace.journal;

import java.time.Duration;
import java.time.InstantSource;

/**
 * How long a process may believe that its runs are its own. Others declare it dead once its heartbeat is older than the
 * lease by the database's clock; here the lease counts from the moment before the heartbeat was sent, so it is over
 * earlier. Both clocks of this machine must agree: one stands still while the machine sleeps, the other can be set.
 *
 * <p>Safe for use by many threads.
 */
public final class Lease {
    /** The part of a lease that an effect which starts now needs to reach the outside. */
    private static final int MARGIN = 4;

    private final Duration length;
    private final InstantSource clock;
    private final Waits waits;
    private volatile Moment renewed;
    private volatile boolean lost;

    private record Moment(long nanos, long wallMillis) {}

    public Lease(Duration length, InstantSource clock, Waits waits) {
        this.length = length;
        this.clock = clock;
        this.waits = waits;
        this.renewed = now();
    }

    private Moment now() {
        return new Moment(waits.nanos(), clock.millis());
    }

    /** Runs a heartbeat; the lease is renewed when it answers true, and lost when false. */
    public boolean renew(Heartbeat heartbeat) {
        var sent = now();
        if (!heartbeat.alive()) {
            lost = true;
            return false;
        }
        renewed = sent;
        return true;
    }

    /** Asks the database whether the process still counts as alive, and says that it is. */
    @FunctionalInterface
    public interface Heartbeat {
        boolean alive();
    }

    /** Whether others can't have taken the runs yet. */
    public boolean held() {
        return left().isPositive();
    }

    /** Whether an effect may be started: there is enough time left for it to be this process's own. */
    public boolean mayStartEffect() {
        return left().compareTo(length.dividedBy(MARGIN)) > 0;
    }

    /** True once another process has the runs: nothing gives the lease back. */
    public boolean lost() {
        return lost;
    }

    private Duration left() {
        if (lost) {
            return Duration.ZERO;
        }
        var since = renewed;
        var now = now();
        var passed = Math.max(now.nanos() - since.nanos(), (now.wallMillis() - since.wallMillis()) * 1_000_000);
        return length.minusNanos(passed);
    }
}
