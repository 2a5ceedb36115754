package millrace.run;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
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
     * Returns when the run is durable.
     *
     * @param startTime when this process starts the run at once; null leaves it to whoever has room
     * @throws MillraceException DATABASE_UNAVAILABLE when the row was not written
     */
    static void write(JournalWriter writer, RunHeader header, JournalRecord.Began began, @Nullable Instant startTime)
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
        try {
            if (writer.waits().await(writer.submit(flush)) == JournalWriter.Outcome.LOST) {
                throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("the run " + header.runId() + " was not accepted", e.getCause());
        }
    }
}
