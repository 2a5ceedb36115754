package millrace.run;

import java.time.Duration;
import java.time.Instant;
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
import org.jspecify.annotations.Nullable;

/** The one row that makes a run accepted. */
final class Acceptance {
    /** A healthy database has accepted a run by then; who waits for longer takes a place among those that are parked. */
    private static final Duration HEALTHY = Duration.ofMillis(250);

    private Acceptance() {}

    /**
     * Returns when the run is durable. One of both is run exactly once: {@code goOn} when the run is accepted, also when
     * that turns out after the caller was told otherwise, {@code giveUp} when it is certain that it is not.
     *
     * @param startTime when this process starts the run at once; null leaves it to whoever has room
     * @param parking gives a place among those that wait for the database
     * @param atMost how long the database may take
     * @throws MillraceException DATABASE_UNAVAILABLE when the row was not written in time
     */
    static void write(
            JournalWriter writer,
            RunHeader header,
            JournalRecord.Began began,
            @Nullable Instant startTime,
            Supplier<Database.Parked> parking,
            Duration atMost,
            Runnable goOn,
            Runnable giveUp)
            throws InterruptedException {
        var row = new RunFlush.QueueRow(
                header.created(),
                header.flowId(),
                header.flowVersionId(),
                header.environment(),
                header.priority(),
                startTime == null ? null : writer.lane(),
                startTime,
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
        CompletableFuture<JournalWriter.Outcome> outcome;
        try {
            outcome = writer.submit(flush, recall);
        } catch (InterruptedException e) {
            giveUp.run();
            throw e;
        }
        try {
            if (await(writer, outcome, parking, atMost) == JournalWriter.Outcome.LOST) {
                giveUp.run();
                throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
            }
        } catch (ExecutionException e) {
            giveUp.run();
            throw new IllegalStateException("the run " + header.runId() + " was not accepted", e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            if (recall.recall()) {
                giveUp.run();
            } else {
                // Its commit is under way: it may be accepted yet. The writer has better things to do than to start it.
                outcome.whenComplete((done, refused) ->
                        Thread.ofVirtual().start(done == JournalWriter.Outcome.DURABLE ? goOn : giveUp));
            }
            if (e instanceof InterruptedException stopping) {
                throw stopping;
            }
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
        }
        goOn.run();
    }

    private static JournalWriter.Outcome await(
            JournalWriter writer,
            CompletableFuture<JournalWriter.Outcome> outcome,
            Supplier<Database.Parked> parking,
            Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            return writer.waits().await(outcome, HEALTHY);
        } catch (TimeoutException e) {
            try (var place = parking.get()) {
                return writer.waits().await(outcome, atMost.minus(HEALTHY));
            } catch (MillraceException full) {
                throw new TimeoutException("too many wait for the database");
            }
        }
    }
}
