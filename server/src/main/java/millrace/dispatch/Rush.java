package millrace.dispatch;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Whether so many wait to have their runs accepted, on cores that are all busy, that each run that is executed now keeps
 * them waiting. Then runs are only accepted, and executed when the rush is over or another process has room; a trickle
 * of them is executed all the same.
 *
 * <p>May be used from any thread.
 */
public final class Rush {
    /** Fewer are a load like any other. */
    private static final int MANY = 16;

    /** Of the time of all cores, whoever uses them. */
    private static final double BUSY = 0.9;

    private static final long SAMPLE_NANOS = Duration.ofMillis(100).toNanos();

    private final DoubleSupplier cores;
    private final LongSupplier nanos;
    private final AtomicInteger waiting = new AtomicInteger();
    /** Between two commits there are fewer for a moment. */
    private volatile long manyUntil;

    private final AtomicLong nextSample;
    private volatile boolean busy;

    /**
     * @param cores the part of all cores' time that was used since it was asked before, 0 to 1
     * @param nanos the monotonic clock
     */
    Rush(DoubleSupplier cores, LongSupplier nanos) {
        this.cores = cores;
        this.nanos = nanos;
        this.nextSample = new AtomicLong(nanos.getAsLong());
        this.manyUntil = nanos.getAsLong();
    }

    /** Of this machine, or of the share of it that the process may use. */
    static Rush here(LongSupplier nanos) {
        return new Rush(() -> Cores.SYSTEM.getCpuLoad(), nanos);
    }

    /** One more waits for its acceptance, until {@link #left}. */
    public void arrived() {
        if (waiting.incrementAndGet() >= MANY) {
            manyUntil = nanos.getAsLong() + SAMPLE_NANOS;
        }
    }

    /** One that had arrived is accepted or refused. */
    public void left() {
        waiting.decrementAndGet();
    }

    /** Whether it is on. */
    public boolean on() {
        var now = nanos.getAsLong();
        return manyUntil - now > 0 && coresBusy(now);
    }

    private boolean coresBusy(long now) {
        var next = nextSample.get();
        if (now - next >= 0 && nextSample.compareAndSet(next, now + SAMPLE_NANOS)) {
            busy = cores.getAsDouble() > BUSY;
        }
        return busy;
    }

    /** Loaded at the first rush. */
    private static final class Cores {
        static final OperatingSystemMXBean SYSTEM = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    }
}
