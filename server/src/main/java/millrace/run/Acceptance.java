package millrace.run;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import millrace.database.Database;
import millrace.database.RunFlush;
import millrace.engine.ErrorCode;
import millrace.engine.JournalRecord;
import millrace.engine.MillraceException;
import millrace.journal.JournalWriter;
import millrace.journal.Recall;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import millrace.journal.Waits;

/** Makes runs durable before their callers are told that they are accepted. */
final class Acceptance {
    /** Most runs that a process starts at once have ended by then: their end is the one row that is written of them. */
    private static final Duration SOON = Duration.ofMillis(20);

    /** A healthy database has accepted a run by then; who waits for longer takes a place among those that are parked. */
    private static final Duration HEALTHY = Duration.ofMillis(250);

    private Acceptance() {}

    /**
     * Writes the row of a run that waits for whoever has room; returns when it is durable.
     *
     * @param parking gives a place among those that wait for the database
     * @param atMost how long the database may take
     * @throws MillraceException DATABASE_UNAVAILABLE when the row was not written in time; it makes no run unless its
     *     commit was under way
     */
    static void write(
            JournalWriter writer,
            RunHeader header,
            JournalRecord.Began began,
            Supplier<Database.Parked> parking,
            Duration atMost)
            throws InterruptedException {
        var row = new RunFlush.QueueRow(
                header.created(),
                header.flowId(),
                header.flowVersionId(),
                header.environment(),
                header.priority(),
                null,
                null,
                header.parentRunId(),
                header.failParentOnFailure(),
                header.parentWaitpointId(),
                header.triggeredBy(),
                header.stepNameToTest(),
                false,
                RunJournal.packed(began));
        var flush =
                new RunFlush(header.runId(), header.projectId(), row, null, List.of(), null, RunFlush.QueueChange.NONE);
        var recall = new Recall();
        var outcome = writer.submit(flush, recall);
        settle(recall::recall, () -> healthy(writer.waits(), outcome, parking, atMost));
    }

    /**
     * Returns when a run that has been started is durable.
     *
     * @param journal of a run that nobody has seen yet
     * @param parking gives a place among those that wait for the database
     * @param atMost how long the database may take
     * @throws MillraceException DATABASE_UNAVAILABLE when nothing of the run was written in time; it ends as if it had
     *     never been, unless a commit was under way
     */
    static void await(Waits waits, RunJournal journal, Supplier<Database.Parked> parking, Duration atMost)
            throws InterruptedException {
        settle(journal::recall, () -> {
            try {
                return waits.await(journal.accepted(), SOON);
            } catch (TimeoutException running) {
                journal.accept();
                return healthy(waits, journal.accepted(), parking, atMost);
            }
        });
    }

    @FunctionalInterface
    private interface Wait {
        JournalWriter.Outcome outcome() throws InterruptedException, ExecutionException, TimeoutException;
    }

    private static void settle(Runnable recall, Wait wait) throws InterruptedException {
        try {
            if (wait.outcome() == JournalWriter.Outcome.LOST) {
                throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a run was not accepted", e.getCause());
        } catch (TimeoutException e) {
            recall.run();
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
        } catch (InterruptedException e) {
            recall.run();
            throw e;
        }
    }

    private static JournalWriter.Outcome healthy(
            Waits waits,
            CompletableFuture<JournalWriter.Outcome> outcome,
            Supplier<Database.Parked> parking,
            Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            return waits.await(outcome, HEALTHY);
        } catch (TimeoutException e) {
            try (var place = parking.get()) {
                return waits.await(outcome, atMost.minus(HEALTHY));
            } catch (MillraceException full) {
                throw new TimeoutException("too many wait for the database");
            }
        }
    }
}
