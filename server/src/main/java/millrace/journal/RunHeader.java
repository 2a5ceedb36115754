package millrace.journal;

import java.time.Instant;
import millrace.database.RunTables;
import org.jspecify.annotations.Nullable;

/**
 * What stays the same over the whole life of a run.
 *
 * @param created when the run was accepted
 * @param parentWaitpointId what the run completes when it ends; null when nobody waits for it
 * @param priority 1 is first (reference/engine-semantics §13.1)
 */
public record RunHeader(
        String runId,
        String projectId,
        String flowId,
        String flowVersionId,
        String environment,
        Instant created,
        int priority,
        @Nullable String parentRunId,
        boolean failParentOnFailure,
        @Nullable String parentWaitpointId,
        @Nullable String triggeredBy,
        @Nullable String stepNameToTest) {

    /** That of a run that was claimed from the queue. */
    public static RunHeader of(RunTables.Claimed claimed) {
        var row = claimed.row();
        return new RunHeader(
                claimed.runId(),
                claimed.projectId(),
                row.flowId(),
                row.flowVersionId(),
                row.environment(),
                row.created(),
                row.priority(),
                row.parentRunId(),
                row.failParentOnFailure(),
                row.parentWaitpointId(),
                row.triggeredBy(),
                row.stepNameToTest());
    }
}
