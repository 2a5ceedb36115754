package millrace.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import millrace.database.RunFlush;
import millrace.engine.ErrorCode;
import millrace.engine.JournalRecord;
import millrace.engine.MillraceException;
import millrace.journal.JournalWriter;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import org.jspecify.annotations.Nullable;

/** The one row that makes a run accepted. */
final class Acceptance {
    private Acceptance() {}

    /**
     * Returns when the run is durable. One of both is run exactly once: {@code goOn} when the run is accepted, also when
     * that turns out after the caller was told otherwise, {@code giveUp} when it is certain that it is not.
     *
     * @param startTime when this process starts the run at once; null leaves it to whoever has room
     * @param atMost how long the database may take
     * @throws MillraceException DATABASE_UNAVAILABLE when the row was not written in time
     */
    static void write(
            JournalWriter writer,
            RunHeader header,
            JournalRecord.Began began,
            @Nullable Instant startTime,
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
        CompletableFuture<JournalWriter.Outcome> outcome;
        try {
            outcome = writer.submit(flush);
        } catch (InterruptedException e) {
            giveUp.run();
            throw e;
        }
        try {
            if (writer.waits().await(outcome, atMost) == JournalWriter.Outcome.LOST) {
                giveUp.run();
                throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
            }
        } catch (ExecutionException e) {
            giveUp.run();
            throw new IllegalStateException("the run " + header.runId() + " was not accepted", e.getCause());
        } catch (TimeoutException | InterruptedException e) {
            writer.withdraw(flush);
            outcome.whenComplete((done, refused) -> (done == JournalWriter.Outcome.DURABLE ? goOn : giveUp).run());
            if (e instanceof InterruptedException stopping) {
                throw stopping;
            }
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
        }
        goOn.run();
    }
}
