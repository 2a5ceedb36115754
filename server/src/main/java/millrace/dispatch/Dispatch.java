package millrace.dispatch;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import millrace.database.Lane;
import millrace.database.RunSession;
import millrace.database.WriteFailed;
import millrace.journal.JournalWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process's place among the others on its database.
 *
 * <p>Invariants:
 * <ol>
 *   <li>A run is worked on only by the process that its queue row names, or that accepted it and holds it in memory.
 *   <li>A process believes in its lease for less time than others wait before they declare it dead.
 *   <li>Each active run holds one slot; claims are made only for free slots.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class Dispatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Dispatch.class);
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private final DispatchSettings settings;
    private final String processId;
    private final RunSession session;
    private final Semaphore slots;
    private final Semaphore wake = new Semaphore(0);
    private final AtomicInteger nextWriter = new AtomicInteger();
    private final List<JournalWriter> writers = new ArrayList<>();
    private volatile long leaseEndsNanos;
    private volatile boolean closing;
    private @Nullable Thread thread;

    /**
     * Registers the process and starts its writers; {@link #start} begins heartbeats and claims.
     *
     * @param sessions opens a way to write for a purpose
     * @param processId unique to this start of this process
     */
    public Dispatch(
            Function<String, RunSession> sessions, DispatchSettings settings, String processId, String processName) {
        this.settings = settings;
        this.processId = processId;
        this.slots = new Semaphore(settings.slots(), true);
        this.session = sessions.apply("dispatch");
        register(processName);
        for (int i = 0; i < settings.lanes(); i++) {
            writers.add(new JournalWriter(sessions.apply("journal"), new Lane(processId, i, 1), this::mayHoldLease));
        }
    }

    /** Begins to renew the lease and to claim runs for {@code runs}. */
    public void start(ClaimedRuns runs) {
        thread = Thread.ofPlatform().name("dispatch").start(() -> tick(runs));
    }

    private void register(String processName) {
        var before = System.nanoTime();
        session.register(processId, processName, settings.lanes());
        renewed(before);
    }

    public String processId() {
        return processId;
    }

    /** The writer for one more run; runs are dealt out in turn. */
    public JournalWriter writer() {
        return writers.get(Math.floorMod(nextWriter.getAndIncrement(), writers.size()));
    }

    /** Takes a slot if one is free; the taker gives it back with {@link #leave}. */
    public boolean tryEnter() {
        return slots.tryAcquire();
    }

    /** Waits for a slot. */
    public boolean enter(Duration atMost) throws InterruptedException {
        return slots.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    public void leave() {
        slots.release();
        // Only a full house leaves runs unowned while somebody waits for room.
        if (slots.availablePermits() == 1) {
            wake.release();
        }
    }

    /** Looks for runs without an owner now instead of at the next poll. */
    public void wake() {
        wake.release();
    }

    /** Whether an effect may be started: the lease has long enough left for it to be ours. */
    public boolean mayStartEffect() {
        return leaseEndsNanos - System.nanoTime() > MARGIN.toNanos();
    }

    private boolean mayHoldLease() {
        return leaseEndsNanos - System.nanoTime() > 0;
    }

    private void renewed(long sentNanos) {
        leaseEndsNanos = sentNanos + settings.lease().toNanos();
    }

    private void tick(ClaimedRuns runs) {
        long nextBeat = System.nanoTime();
        while (!closing) {
            try {
                if (System.nanoTime() - nextBeat >= 0) {
                    beat();
                    nextBeat = System.nanoTime() + settings.heartbeat().toNanos();
                }
                if (!claim(runs)) {
                    wake.tryAcquire(settings.poll().toMillis(), TimeUnit.MILLISECONDS);
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (WriteFailed e) {
                log.warn("dispatch can't reach the database and tries again: {}", e.getMessage());
                pause();
            } catch (RuntimeException e) {
                log.error("dispatch failed and goes on", e);
                pause();
            }
        }
    }

    private void pause() {
        try {
            wake.tryAcquire(settings.poll().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beat() {
        var sent = System.nanoTime();
        var alive = session.heartbeat(processId);
        if (!alive) {
            log.error("the lease of this process was taken; its runs go on elsewhere and it takes no more");
            leaseEndsNanos = System.nanoTime();
            closing = true;
            return;
        }
        renewed(sent);
        var freed = session.takeOver(settings.lease(), processId);
        if (freed > 0) {
            log.info("took {} runs over from processes that ended", freed);
        }
    }

    /** Claims as many runs as there are free slots; true when there may be more. */
    private boolean claim(ClaimedRuns runs) {
        int limit = Math.min(slots.availablePermits(), MAX_CLAIM);
        if (limit == 0 || !slots.tryAcquire(limit)) {
            return false;
        }
        int taken = 0;
        try {
            var writer = writer();
            var claimed = session.claim(writer.lane(), limit);
            for (var run : claimed) {
                taken++;
                runs.run(run, writer);
            }
            return claimed.size() == limit;
        } finally {
            slots.release(limit - taken);
        }
    }

    private static final int MAX_CLAIM = 64;

    /** Stops claiming. Runs go on until {@link #close}. */
    public void stopClaiming() {
        closing = true;
        wake.release();
        var running = thread;
        if (running == null) {
            return;
        }
        try {
            running.join();
        } catch (InterruptedException e) {
            running.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    /** Writes what is waiting, then hands this process's runs to the others at once. */
    @Override
    public void close() {
        stopClaiming();
        writers.forEach(JournalWriter::close);
        try {
            session.release(processId);
        } catch (WriteFailed e) {
            log.warn("the lease could not be given back; others take over when it ends: {}", e.getMessage());
        }
        session.close();
    }
}
