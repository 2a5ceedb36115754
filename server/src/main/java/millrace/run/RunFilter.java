package millrace.run;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which runs of a project a list shows; empty lists and nulls don't restrict.
 *
 * @param inDoubt only runs of which a call may have happened unseen
 */
public record RunFilter(
        String projectId,
        List<String> flowIds,
        List<String> statuses,
        List<String> tags,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore,
        @Nullable String failedStepName,
        @Nullable String failedStepMessage,
        List<String> runIds,
        boolean includeArchived,
        boolean inDoubt) {
    public RunFilter {
        flowIds = List.copyOf(flowIds);
        statuses = List.copyOf(statuses);
        tags = List.copyOf(tags);
        runIds = List.copyOf(runIds);
    }
}
