package millrace.dispatch;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunSession;
import millrace.database.RunTables;
import millrace.database.WriteFailed;
import millrace.journal.JournalWriter;
import millrace.journal.Lease;
import millrace.journal.Waits;
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
 *   <li>A process that was declared dead goes on under a new name; nothing is ever written under the old one again.
 *   <li>A run that was claimed for this process and that it never heard of is free again once it has a connection.
 *   <li>Each active run holds one slot; claims are made only for free slots.
 * </ol>
 *
 * <p>Safe for use by many threads.
 */
public final class Dispatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Dispatch.class);
    private static final int MAX_CLAIM = 64;

    private final Function<String, RunSession> sessions;
    private final DispatchSettings settings;
    private final Supplier<String> names;
    private final String label;
    private final InstantSource clock;
    private final Waits waits;
    private final Runnable announcement;
    private final RunSession session;
    private final Semaphore slots;
    private final Semaphore wake = new Semaphore(0);
    private final Rush rush;
    private volatile Consumer<List<RunFlush>> durable = flushes -> {};
    private volatile Seat seat;
    private volatile boolean closing;
    private @Nullable Thread thread;
    /** Others can't be told dead from silent before this moment: the database was away for all alike. */
    private long judgeAfterNanos;

    private long nextBeatNanos;
    /** The lane of claimed runs: they are told from those that the process has accepted. Used by the dispatch alone. */
    private Lane claims;

    /** Whether a claim may have been made that nobody has heard of. */
    private volatile boolean claimsUncertain;

    /** The runs that were worked on when that was settled: one that had paused may have been claimed again, unheard. */
    private final Set<String> unsettled = ConcurrentHashMap.newKeySet();

    /** The project that had its turn last. Used by the dispatch alone. */
    private String turn = "";

    /**
     * What a process has until it is declared dead: its name in the database, its lease, its writers.
     *
     * @param claimed the runs that it has claimed and works on, and how often: a run that pauses can be claimed again
     *     before its first claim has ended
     */
    private record Seat(String processId, Lease lease, List<JournalWriter> writers, Map<String, Integer> claimed) {}

    /**
     * Registers the process; {@link #start} begins to write, to renew the lease and to claim.
     *
     * @param sessions opens a way to write for a purpose
     * @param names gives a new id for each registration
     * @param label for people who look at the table of processes
     * @param announcement tells other processes to {@link #look}
     */
    public Dispatch(
            Function<String, RunSession> sessions,
            DispatchSettings settings,
            Supplier<String> names,
            String label,
            InstantSource clock,
            Waits waits,
            Runnable announcement) {
        this.sessions = sessions;
        this.settings = settings;
        this.names = names;
        this.label = label;
        this.clock = clock;
        this.waits = waits;
        this.announcement = announcement;
        this.rush = Rush.here(waits::nanos);
        this.judgeAfterNanos = waits.nanos();
        this.nextBeatNanos = waits.nanos();
        this.slots = new Semaphore(settings.slots(), true);
        this.session = sessions.apply("dispatch");
        this.seat = takeSeat();
        this.claims = claimsOf(seat);
        if (settings.alone()) {
            takeOver(Duration.ZERO);
        }
    }

    /** Starts the writers, and begins to renew the lease and to claim runs for {@code runs}. */
    public void start(ClaimedRuns runs) {
        seat.writers().forEach(JournalWriter::start);
        thread = Thread.ofPlatform().name("dispatch").start(() -> tick(runs));
    }

    private Seat takeSeat() {
        var processId = names.get();
        var lease = new Lease(settings.lease(), clock, waits);
        session.register(processId, label, settings.lanes() + 1);
        var writers = new ArrayList<JournalWriter>();
        for (int i = 0; i < settings.lanes(); i++) {
            writers.add(new JournalWriter(
                    sessions.apply("journal"), new Lane(processId, i, 1), lease, waits, this::durable));
        }
        return new Seat(processId, lease, List.copyOf(writers), new ConcurrentHashMap<>());
    }

    private void durable(List<RunFlush> flushes) {
        durable.accept(flushes);
    }

    /** Who is told of everything that this process has made durable; must return at once. */
    public void follow(Consumer<List<RunFlush>> follower) {
        durable = follower;
    }

    /** Of each writer the last that the database has acknowledged. */
    public List<RunFlush> lastDurable() {
        return seat.writers().stream()
                .map(JournalWriter::lastDurable)
                .filter(Objects::nonNull)
                .toList();
    }

    private Lane claimsOf(Seat seat) {
        return new Lane(seat.processId(), settings.lanes(), 1);
    }

    /** The name of this process in the database, until it is declared dead. */
    public String processId() {
        return seat.processId();
    }

    /**
     * The writer for one more run: the first that is not held up. One commit for all is cheaper than one each, and a run
     * that writes megabytes keeps only those waiting that came before it did.
     */
    public JournalWriter writer() {
        var writers = seat.writers();
        for (var writer : writers) {
            if (!writer.heldUp()) {
                return writer;
            }
        }
        return writers.getFirst();
    }

    /** All of them, in the order of their lanes. */
    public List<JournalWriter> writers() {
        return seat.writers();
    }

    /** Whether runs are only accepted for now. */
    public Rush rush() {
        return rush;
    }

    /** Takes a slot if one is free; the taker gives it back with {@link #leave}. */
    public boolean tryEnter() {
        return slots.tryAcquire();
    }

    /** Waits for a slot. */
    public boolean enter(Duration atMost) throws InterruptedException {
        return slots.tryAcquire(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Gives back the slot of a claimed run that this process works on no longer. */
    public void leave(RunTables.Claimed claimed, JournalWriter writer) {
        var sitting = seat;
        // The run of an earlier seat may have been claimed again for this one.
        if (sitting.writers().contains(writer)) {
            var more =
                    sitting.claimed().computeIfPresent(claimed.runId(), (id, times) -> times == 1 ? null : times - 1);
            if (more == null && unsettled.remove(claimed.runId())) {
                claimsUncertain = true;
                wake.release();
            }
        }
        leave();
    }

    /** Gives back a slot. */
    public void leave() {
        slots.release();
        // Only a full house, or a project that has its number, leaves runs unowned while somebody waits for room.
        if (slots.availablePermits() == 1 || settings.perProject() > 0) {
            wake.release();
        }
    }

    /** A run may have become free: this process and the others look for it now instead of at their next poll. */
    public void wake() {
        look();
        announce();
    }

    /** A run is free, and this process has no room for it. */
    public void announce() {
        announcement.run();
    }

    /** Looks for runs without an owner now instead of at the next poll. */
    public void look() {
        wake.release();
    }

    private void tick(ClaimedRuns runs) {
        while (!closing) {
            try {
                if (!round(runs) || rush.on()) {
                    wake.tryAcquire(settings.poll().toMillis(), TimeUnit.MILLISECONDS);
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (WriteFailed e) {
                log.debug("dispatch can't reach the database and tries again: {}", e.getMessage());
                pause();
            } catch (RuntimeException e) {
                log.error("dispatch failed and goes on", e);
                pause();
            }
        }
    }

    /**
     * Renews the lease when that is due, and claims runs for free slots. Called in a row by the dispatch's own thread,
     * or by a simulation that has not started it.
     *
     * @return whether there may be more to claim
     * @throws WriteFailed when the database did not take part; the next round tries again
     */
    public boolean round(ClaimedRuns runs) {
        try {
            if (waits.nanos() - nextBeatNanos >= 0) {
                beat();
                nextBeatNanos = waits.nanos() + settings.heartbeat().toNanos();
            }
            if (claimsUncertain) {
                settleClaims();
            }
            return claim(runs);
        } catch (WriteFailed e) {
            claimsUncertain = true;
            judgeAfterNanos = waits.nanos() + settings.lease().toNanos();
            throw e;
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
        var sitting = seat;
        if (!sitting.lease().renew(() -> session.heartbeat(sitting.processId()))) {
            log.warn("another process took this one for dead and has its runs; it goes on under a new name");
            // The old writers end first: their connections are counted, and what they hold is refused anyway.
            sitting.writers().forEach(JournalWriter::close);
            seat = takeSeat();
            claims = claimsOf(seat);
            claimsUncertain = false;
            unsettled.clear();
            if (thread != null) {
                seat.writers().forEach(JournalWriter::start);
            }
            return;
        }
        if (waits.nanos() - judgeAfterNanos > 0) {
            takeOver(settings.lease());
        }
    }

    /** After a lost connection, frees the runs that were claimed for this process and that it never heard of. */
    private void settleClaims() {
        claimsUncertain = false;
        if (session.raise(claims).isPresent()) {
            claims = claims.next();
            unsettled.addAll(seat.claimed().keySet());
            var unheard = session.unclaim(claims, Set.copyOf(seat.claimed().keySet()));
            if (unheard > 0) {
                log.info("freed {} runs whose claim was never answered", unheard);
            }
        }
    }

    private void takeOver(Duration silence) {
        var freed = session.takeOver(silence, seat.processId());
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
            var sitting = seat;
            var writer = writer();
            var claimed = session.claim(claims, limit, new RunTables.Turn(turn, settings.perProject()));
            for (var run : claimed) {
                taken++;
                sitting.claimed().merge(run.runId(), 1, Integer::sum);
                runs.run(run, writer);
            }
            if (claimed.isEmpty()) {
                return false;
            }
            turn = claimed.getLast().projectId();
            // A project that has few runs leaves of its share.
            return true;
        } finally {
            slots.release(limit - taken);
        }
    }

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

    /**
     * Frees the runs that this process works on no longer, so that others go on with them while the rest ends. Only after
     * {@link #stopClaiming}, by one thread; nothing of the others may be waiting to be written.
     *
     * @param working the runs that it still works on
     */
    public void free(Collection<String> working) {
        var sitting = seat;
        var known = new HashSet<>(working);
        known.addAll(sitting.claimed().keySet());
        try {
            var freed = session.unclaim(claims, known);
            for (var writer : sitting.writers()) {
                freed += session.unclaim(writer.lane(), known);
            }
            if (freed > 0) {
                announce();
            }
        } catch (WriteFailed e) {
            log.debug("runs could not be handed over and are freed at the end: {}", e.getMessage());
        }
    }

    /** Writes what is waiting, then hands this process's runs to the others at once. */
    @Override
    public void close() {
        stopClaiming();
        seat.writers().forEach(JournalWriter::close);
        try {
            session.release(seat.processId());
        } catch (WriteFailed e) {
            log.warn("the lease could not be given back; others take over when it ends: {}", e.getMessage());
        }
        session.close();
    }
}
