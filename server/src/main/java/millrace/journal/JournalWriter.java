package millrace.journal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunSession;
import millrace.database.WriteFailed;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits what the runs of one lane have waiting, all of it in one statement, and tells each run the outcome: one
 * commit serves hundreds of runs.
 *
 * <p>Invariants:
 * <ol>
 *   <li>A flush reported durable is durable; one reported lost was not written and never will be.
 *   <li>A batch names a run at most once, as its own or as one whose waitpoint is completed, and a run's flushes are committed in the order of submission.
 *   <li>Nothing is written after the lane's epoch has passed (the statement's fence decides, not this class).
 *   <li>A flush that the database refuses is parted from its neighbours and fails alone.
 * </ol>
 *
 * <p>{@link #submit} may be called from any thread. One platform thread writes.
 */
public final class JournalWriter implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(JournalWriter.class);
    private static final int MAX_BATCH = 512;
    private static final int MAX_WAITING = 100_000;
    private static final long RETRY_MILLIS = 100;

    private final RunSession session;
    private final Lane lane;
    private final Lease lease;
    private final LinkedBlockingDeque<Waiting> waiting = new LinkedBlockingDeque<>(MAX_WAITING);
    private final Thread thread;
    private volatile boolean closing;

    private record Waiting(RunFlush flush, CompletableFuture<Outcome> outcome) {}

    /** What became of a flush. */
    public enum Outcome {
        DURABLE,
        /** Another process has taken the run over; this one must stop working on it. */
        LOST
    }

    /**
     * @param session used by this writer alone; closed with it
     * @param lease the process's; asked while the database fails
     */
    public JournalWriter(RunSession session, Lane lane, Lease lease) {
        this.session = session;
        this.lane = lane;
        this.lease = lease;
        this.thread = Thread.ofPlatform().name("journal-" + lane.number()).start(this::write);
    }

    public Lane lane() {
        return lane;
    }

    /** What the runs of this writer depend on. */
    public Lease lease() {
        return lease;
    }

    /**
     * Hands a flush over. The future completes when it is durable or lost, and exceptionally when the database refuses
     * this flush.
     *
     * @throws InterruptedException while the writer is so far behind that the caller has to wait
     */
    public CompletableFuture<Outcome> submit(RunFlush flush) throws InterruptedException {
        var outcome = new CompletableFuture<Outcome>();
        waiting.put(new Waiting(flush, outcome));
        if (closing && !thread.isAlive()) {
            outcome.complete(Outcome.LOST);
        }
        return outcome;
    }

    private void write() {
        var batch = new ArrayList<Waiting>();
        var runs = new HashSet<String>();
        while (true) {
            try {
                var first = waiting.poll(closing ? 0 : 200, TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                take(first, batch, runs);
                commit(batch);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                batch.forEach(lost -> lost.outcome.complete(Outcome.LOST));
                return;
            } catch (RuntimeException e) {
                // A defect of ours must not end the writer: its runs would wait for ever.
                log.error("the journal writer failed", e);
                batch.forEach(failed -> failed.outcome.completeExceptionally(e));
            } finally {
                batch.clear();
                runs.clear();
            }
        }
    }

    /** Fills the batch up to the next flush of a run that is already in it. */
    private void take(Waiting first, List<Waiting> batch, HashSet<String> runs) {
        for (var next = first; next != null; next = waiting.pollFirst()) {
            if (!next.flush.addRuns(runs)) {
                waiting.addFirst(next);
                return;
            }
            batch.add(next);
            if (batch.size() == MAX_BATCH) {
                return;
            }
        }
    }

    private void commit(List<Waiting> batch) throws InterruptedException {
        var flushes = batch.stream().map(Waiting::flush).toList();
        while (true) {
            try {
                var written = session.flush(lane, flushes);
                for (var done : batch) {
                    done.outcome.complete(written ? Outcome.DURABLE : Outcome.LOST);
                }
                return;
            } catch (WriteFailed e) {
                if (e.mayPass()) {
                    if (!lease.held()) {
                        batch.forEach(lost -> lost.outcome.complete(Outcome.LOST));
                        return;
                    }
                    log.warn("the journal can't be written and is tried again: {}", e.getMessage());
                    Thread.sleep(RETRY_MILLIS);
                } else if (batch.size() == 1) {
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

    /** Writes what is waiting and ends. Runs that submit later are lost to this process. */
    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
        for (var left = waiting.poll(); left != null; left = waiting.poll()) {
            left.outcome.complete(Outcome.LOST);
        }
        session.close();
    }
}
