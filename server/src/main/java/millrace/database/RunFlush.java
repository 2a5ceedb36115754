package millrace.database;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one run writes at once: all of it becomes durable, or nothing. Writing the same flush again changes nothing, so
 * that a commit whose outcome is unknown can be repeated.
 *
 * @param accepted the run's queue row, when it is not there yet
 * @param journal the records since the last flush
 * @param run the run's row, inserted or brought up to date
 * @param queue what becomes of the queue row that is there
 */
public record RunFlush(
        String runId,
        String projectId,
        @Nullable QueueRow accepted,
        @Nullable JournalRow journal,
        List<BlobRow> blobs,
        @Nullable RunRow run,
        QueueChange queue) {

    public RunFlush {
        blobs = List.copyOf(blobs);
    }

    /** What a flush does to a queue row that was there before. */
    public enum QueueChange {
        NONE,
        /** The run's row is there now: lists read it instead of the queue's. */
        RECORD,
        /** The run has ended. */
        DELETE
    }

    /** @param doc packed records, format in its first byte */
    public record JournalRow(
            int seq, @Nullable String firstPath, @Nullable String lastPath, byte[] doc) {}

    /** An output that is too large for the journal's own rows. */
    public record BlobRow(String path, byte[] data) {}

    /**
     * A run that was accepted and has not ended.
     *
     * @param lane null while no process owns the run
     * @param doc the packed first record
     */
    public record QueueRow(
            Instant created,
            String flowId,
            String flowVersionId,
            String environment,
            int priority,
            @Nullable Lane lane,
            @Nullable Instant startTime,
            @Nullable String parentRunId,
            boolean failParentOnFailure,
            @Nullable String triggeredBy,
            @Nullable String stepNameToTest,
            boolean recorded,
            byte[] doc) {}

    /**
     * A row of {@code flow_run}.
     *
     * @param failedStep JSON text
     * @param internalError JSON text
     * @param journal the whole packed journal of a run that ended in its first flush
     */
    public record RunRow(
            Instant created,
            String flowId,
            String flowVersionId,
            String environment,
            String status,
            @Nullable String parentRunId,
            boolean failParentOnFailure,
            @Nullable String triggeredBy,
            @Nullable Instant startTime,
            @Nullable Instant finishTime,
            @Nullable String failedStep,
            int stepsCount,
            @Nullable String stepNameToTest,
            @Nullable String internalError,
            byte @Nullable [] journal) {}
}
