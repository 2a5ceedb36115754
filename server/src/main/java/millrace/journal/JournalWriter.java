package millrace.journal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunSession;
import millrace.database.WriteFailed;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits what the runs of one lane have waiting, all of it in one statement, and tells each run the outcome: one
 * commit serves hundreds of runs.
 *
 * <p>Invariants:
 * <ol>
 *   <li>A flush reported durable is durable. After one reported lost, this process has no part in the run any more.
 *   <li>A batch names a run at most once, as its own or as one whose waitpoint is completed, and a run's flushes are
 *       committed in the order of submission.
 *   <li>A flush whose outcome is unknown is either done or will never be, before anything else is written: its lane is
 *       taken into the next epoch, since a connection that was given up may still deliver it, and that tells which flush
 *       was the last. One that is done is not repeated: others may have gone on with what it left.
 *   <li>Nothing is written after the lane's epoch has passed (the statement's fence decides, not this class).
 *   <li>A flush that the database refuses is parted from its neighbours and fails alone.
 * </ol>
 *
 * <p>{@link #submit} may be called from any thread. One platform thread writes.
 */
public final class JournalWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JournalWriter.class);
    private static final int MAX_BATCH = 512;
    /** Bytes of large values in a batch: the driver copies a statement before it sends it. */
    private static final long MAX_BATCH_BYTES = 16 * 1024 * 1024;

    private static final int MAX_WAITING = 100_000;
    private static final Duration IDLE = Duration.ofMillis(200);
    /** A commit takes less, unless it holds much or the database has something else to do. */
    private static final long LONG_NANOS = Duration.ofMillis(20).toNanos();

    private static final Duration RETRY = Duration.ofMillis(100);
    private static final Duration LONGEST_RETRY = Duration.ofMillis(800);
    private static final int JITTER_MILLIS = 100;

    private final RunSession session;
    /** Changed by the writer alone. */
    private volatile Lane lane;

    private final Lease lease;
    private final Waits waits;
    private final Consumer<List<RunFlush>> durable;
    private final LinkedBlockingDeque<Waiting> waiting = new LinkedBlockingDeque<>(MAX_WAITING);
    private @Nullable Thread thread;
    private volatile boolean closing;
    /** Attempts to commit so far. Used by the writer alone. */
    private long attempts;

    private volatile @Nullable RunFlush lastDurable;
    private volatile boolean committing;
    private volatile long committingSince;

    /** @param recall null for a run that can't be recalled any more */
    private record Waiting(RunFlush flush, @Nullable Recall recall, CompletableFuture<Outcome> outcome) {
        boolean maySend() {
            return recall == null || recall.sending();
        }

        void sent(boolean mayBeWritten) {
            if (recall != null) {
                recall.sent(mayBeWritten);
            }
        }
    }

    /** What became of a flush. */
    public enum Outcome {
        DURABLE,
        /** Other processes have the run, with or without this flush; this one must stop working on it. */
        LOST
    }

    /**
     * @param session used by this writer alone; closed with it
     * @param lease the process's; asked while the database fails
     * @param durable told of each batch once it is durable; must return at once
     */
    public JournalWriter(RunSession session, Lane lane, Lease lease, Waits waits, Consumer<List<RunFlush>> durable) {
        this.session = session;
        this.lane = lane;
        this.lease = lease;
        this.waits = waits;
        this.durable = durable;
    }

    /** Starts the thread that writes. What was submitted before waits for it. */
    public void start() {
        thread = Thread.ofPlatform().name("journal-" + lane.number()).start(this::write);
    }

    public Lane lane() {
        return lane;
    }

    /** Whether what is submitted now will wait for a commit that takes long. */
    public boolean heldUp() {
        return committing && waits.nanos() - committingSince > LONG_NANOS;
    }

    /** The last that the database has acknowledged, and it all before; null at first. */
    public @Nullable RunFlush lastDurable() {
        return lastDurable;
    }

    /** What the runs of this writer depend on. */
    public Lease lease() {
        return lease;
    }

    /** How a caller of {@link #submit} waits for the outcome. */
    public Waits waits() {
        return waits;
    }

    /**
     * Hands a flush over. The future completes when it is durable or lost, and exceptionally when the database refuses
     * this flush.
     *
     * @param recall by which the run's caller may take it back: then its flushes are lost; null: nobody may
     * @throws InterruptedException while the writer is so far behind that the caller has to wait
     */
    public CompletableFuture<Outcome> submit(RunFlush flush, @Nullable Recall recall) throws InterruptedException {
        var outcome = new CompletableFuture<Outcome>();
        waiting.put(new Waiting(flush, recall, outcome));
        var writing = thread;
        if (closing && (writing == null || !writing.isAlive())) {
            outcome.complete(Outcome.LOST);
        }
        return outcome;
    }

    private void write() {
        try {
            while (writeNext(closing ? Duration.ZERO : IDLE) || !closing) {}
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Commits what is waiting, up to one batch. Called in a row by the writer's own thread, or by a simulation that has
     * not started it.
     *
     * @param atMost how long to wait for something to write
     * @return false when there was nothing
     */
    public boolean writeNext(Duration atMost) throws InterruptedException {
        var first = waiting.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) {
            return false;
        }
        var batch = take(first);
        committingSince = waits.nanos();
        committing = true;
        try {
            commit(batch);
        } catch (InterruptedException e) {
            batch.forEach(lost -> lost.outcome.complete(Outcome.LOST));
            throw e;
        } catch (RuntimeException e) {
            // A defect of ours must not end the writer: its runs would wait for ever.
            log.error("the journal writer failed", e);
            batch.forEach(failed -> failed.outcome.completeExceptionally(e));
        } finally {
            committing = false;
        }
        return true;
    }

    /** A batch, up to the next flush of a run that is already in it. */
    private List<Waiting> take(Waiting first) {
        var batch = new ArrayList<Waiting>();
        var runs = new HashSet<String>();
        var bytes = 0L;
        for (var next = first; next != null; next = waiting.pollFirst()) {
            if (!next.flush.addRuns(runs)) {
                waiting.addFirst(next);
                break;
            }
            batch.add(next);
            for (var blob : next.flush.blobs()) {
                bytes += blob.data().length;
            }
            if (batch.size() == MAX_BATCH || bytes > MAX_BATCH_BYTES) {
                break;
            }
        }
        return batch;
    }

    private void commit(List<Waiting> taken) throws InterruptedException {
        var batch = taken;
        var uncertain = false;
        var pause = RETRY;
        while (true) {
            batch = withoutRecalled(batch);
            if (batch.isEmpty()) {
                return;
            }
            try {
                if (uncertain) {
                    var last = session.raise(lane);
                    if (last.isPresent()) {
                        lane = lane.next();
                        uncertain = false;
                        if (last.getAsLong() == attempts) {
                            written(batch);
                            return;
                        }
                    }
                }
                uncertain = false;
                attempts++;
                if (session.flush(
                        lane, attempts, batch.stream().map(Waiting::flush).toList())) {
                    written(batch);
                } else {
                    batch.forEach(lost -> lost.sent(true));
                    batch.forEach(lost -> lost.outcome.complete(Outcome.LOST));
                }
                return;
            } catch (WriteFailed e) {
                if (e.mayPass()) {
                    uncertain |= e.uncertain();
                    batch.forEach(tried -> tried.sent(e.uncertain()));
                    // A lease that is only uncertain may be renewed yet: then nobody else would go on with these runs.
                    if (lease.lost() || (closing && !lease.held())) {
                        batch.forEach(lost -> lost.outcome.complete(Outcome.LOST));
                        return;
                    }
                    log.debug("the journal can't be written and is tried again: {}", e.getMessage());
                    waits.sleep(pause.plusMillis(Math.floorMod(waits.nanos(), JITTER_MILLIS)));
                    pause = pause.compareTo(LONGEST_RETRY) < 0 ? pause.multipliedBy(2) : LONGEST_RETRY;
                } else if (batch.size() == 1) {
                    batch.getFirst().sent(true);
                    batch.getFirst().outcome.completeExceptionally(e);
                    return;
                } else {
                    var half = batch.size() / 2;
                    commit(batch.subList(0, half));
                    commit(batch.subList(half, batch.size()));
                    return;
                }
            }
        }
    }

    private void written(List<Waiting> batch) {
        for (var done : batch) {
            done.sent(true);
            done.outcome.complete(Outcome.DURABLE);
        }
        var flushes = batch.stream().map(Waiting::flush).toList();
        lastDurable = flushes.getLast();
        durable.accept(flushes);
    }

    /** What a caller has taken back is lost; the rest is on its way. */
    private static List<Waiting> withoutRecalled(List<Waiting> batch) {
        var left = new ArrayList<Waiting>(batch.size());
        for (var one : batch) {
            if (one.maySend()) {
                left.add(one);
            } else {
                one.outcome.complete(Outcome.LOST);
            }
        }
        return left;
    }

    /** Writes what is waiting and ends. Runs that submit later are lost to this process. */
    @Override
    public void close() {
        closing = true;
        var writing = thread;
        if (writing != null) {
            try {
                writing.join();
            } catch (InterruptedException e) {
                writing.interrupt();
                Thread.currentThread().interrupt();
            }
        }
        for (var left = waiting.poll(); left != null; left = waiting.poll()) {
            left.outcome.complete(Outcome.LOST);
        }
        session.close();
    }
}
