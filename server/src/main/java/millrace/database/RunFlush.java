package millrace.database;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one run writes at once: all of it becomes durable, or nothing. Writing the same flush again changes nothing, so
 * that a commit whose outcome is unknown can be repeated.
 *
 * @param accepted the run's queue row, when it is not there yet
 * @param journal the records since the last flush
 * @param run the run's row, inserted or brought up to date
 * @param queue what becomes of the queue row that is there
 * @param effects what the flush does beyond the run's own records; null for most
 */
public record RunFlush(
        String runId,
        String projectId,
        @Nullable QueueRow accepted,
        @Nullable JournalRow journal,
        List<BlobRow> blobs,
        @Nullable RunRow run,
        QueueChange queue,
        @Nullable Effects effects) {

    public RunFlush {
        blobs = List.copyOf(blobs);
    }

    public RunFlush(
            String runId,
            String projectId,
            @Nullable QueueRow accepted,
            @Nullable JournalRow journal,
            List<BlobRow> blobs,
            @Nullable RunRow run,
            QueueChange queue) {
        this(runId, projectId, accepted, journal, blobs, run, queue, null);
    }

    /** The same flush, of a step that changes what its project has. */
    public RunFlush changing(Change change) {
        var more = effects == null
                ? new Effects(null, List.of(), List.of(), List.of(), false, change)
                : new Effects(
                        effects.pause,
                        effects.waitpoints,
                        effects.children,
                        effects.completions,
                        effects.ended,
                        change);
        return new RunFlush(runId, projectId, accepted, journal, blobs, run, queue, more);
    }

    /** The same flush with a journal row, and with large outputs that belong to it. */
    public RunFlush with(JournalRow row, List<BlobRow> moreBlobs) {
        var all = new ArrayList<>(blobs);
        all.addAll(moreBlobs);
        return new RunFlush(runId, projectId, accepted, row, all, run, queue, effects);
    }

    /**
     * Adds the runs whose queue rows this flush changes; false, with nothing added, when one is there already: a
     * statement changes a row once.
     */
    public boolean addRuns(Set<String> runs) {
        var others = effects == null ? List.<Completion>of() : effects.completions();
        if (runs.contains(runId) || others.stream().anyMatch(other -> runs.contains(other.runId()))) {
            return false;
        }
        runs.add(runId);
        others.forEach(other -> runs.add(other.runId()));
        return true;
    }

    /**
     * What steps did inside the database, and the run's pause. Waitpoints, children and the pause are written only with
     * the flush's journal row, which must be there: when it is already in the database, so are they, and others may have
     * changed them since.
     *
     * @param pause the run leaves its process; its queue row must be there
     * @param completions waitpoints of other runs
     * @param ended the run's own waitpoints go: it has ended, and no retry goes on from there
     * @param change of what the project has; the flush has no journal row before {@link Change#settle}
     */
    public record Effects(
            @Nullable Pause pause,
            List<WaitpointRow> waitpoints,
            List<Child> children,
            List<Completion> completions,
            boolean ended,
            @Nullable Change change) {
        public Effects {
            waitpoints = List.copyOf(waitpoints);
            children = List.copyOf(children);
            completions = List.copyOf(completions);
        }

        public Effects(
                @Nullable Pause pause,
                List<WaitpointRow> waitpoints,
                List<Child> children,
                List<Completion> completions,
                boolean ended) {
            this(pause, waitpoints, children, completions, ended, null);
        }

        /** Whether the change is all. */
        boolean onlyChange() {
            return pause == null && waitpoints.isEmpty() && children.isEmpty() && completions.isEmpty() && !ended;
        }
    }

    /**
     * What a step changes beyond its run: entries of the key-value store, tables. What it finds, and so what the run's journal
     * tells, is known only while its locks are held. Used by the thread that writes; it makes the change anew when the
     * transaction did not happen.
     */
    public interface Change {
        /** Names in the run's project, see {@link NameLock}. */
        List<String> locks();

        /** Changes the rows, or refuses to and leaves them; answers the flush with its journal row. */
        RunFlush settle(Rows rows);
    }

    /** What a change finds and sets, within the transaction of its flush. */
    public interface Rows {
        /** JSON text of an entry of the project's key-value store; null when there is none. */
        @Nullable
        String entry(String key);

        /** @param value JSON text; null removes the entry */
        void put(String key, @Nullable String value);

        /** For all other rows; what it is told to do after the commit is not done. */
        Tx tx();
    }

    /**
     * The run is without an owner until {@code dueAt}, or until its waitpoint is completed. When one was completed since
     * it was last claimed, it is free at once: whoever takes it looks whether it was the one.
     *
     * @param waitpointId null for a run that only waits to try a step again
     * @param replyTo the process whose caller waits for the run's answer: others leave the run to it
     */
    public record Pause(
            Instant dueAt,
            @Nullable String waitpointId,
            @Nullable String replyTo) {}

    /**
     * A place where the run can be resumed; a step has one.
     *
     * @param version V0 when its answer goes to whichever step waits, V1 when it is the step's own
     * @param policy JSON text
     */
    public record WaitpointRow(
            String id,
            String stepName,
            String type,
            String version,
            @Nullable Instant resumeDateTime,
            @Nullable String policy) {}

    /** A run that this one starts. */
    public record Child(String runId, QueueRow row) {}

    /**
     * The answer for another run that waits; without effect when its waitpoint is completed or gone.
     *
     * @param payload JSON text
     */
    public record Completion(String runId, String waitpointId, String payload) {}

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
    public record BlobRow(String path, int part, byte[] data) {}

    /**
     * A run that was accepted and has not ended.
     *
     * @param lane null while no process owns the run
     * @param parentWaitpointId what the run completes when it ends
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
            @Nullable String parentWaitpointId,
            @Nullable String triggeredBy,
            @Nullable String stepNameToTest,
            boolean recorded,
            byte[] doc) {}

    /**
     * A row of {@code flow_run}.
     *
     * @param failedStep JSON text
     * @param internalError JSON text
     * @param tags kept as they are
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
            List<String> tags,
            byte @Nullable [] journal) {}
}
