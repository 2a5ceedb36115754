package millrace.run;

import java.time.Instant;
import java.util.List;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/** The body of a bulk retry: a {@link RunSelection} and how its runs are retried. */
public record BulkRetry(
        String projectId,
        RetryStrategy strategy,
        @Nullable List<String> flowRunIds,
        @Nullable List<String> excludeFlowRunIds,
        @Nullable List<RunStatus> status,
        @Nullable List<String> flowId,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore,
        @Nullable String failedStepName,
        @Nullable String failedStepMessage) {

    public BulkRetry {
        RunSelection.requireIds("flowRunIds", flowRunIds);
        RunSelection.requireIds("excludeFlowRunIds", excludeFlowRunIds);
        RunSelection.requireIds("flowId", flowId);
    }

    RunSelection selection() {
        return new RunSelection(
                projectId,
                flowRunIds,
                excludeFlowRunIds,
                status,
                flowId,
                createdAfter,
                createdBefore,
                failedStepName,
                failedStepMessage);
    }
}
