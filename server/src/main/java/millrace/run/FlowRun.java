package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run as the API shows it (reference/rest-api §5.2).
 *
 * @param steps by name; null in lists
 * @param inDoubt calls that may have happened though the run does not know it; null in lists
 * @param flowVersion what of the version a list shows; null when the version is gone
 */
public record FlowRun(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String flowId,
        String flowVersionId,
        @Nullable VersionName flowVersion,
        String environment,
        String status,
        @Nullable Instant startTime,
        @Nullable Instant finishTime,
        @Nullable JsonNode failedStep,
        @Nullable List<String> tags,
        int stepsCount,
        @Nullable String triggeredBy,
        @Nullable String stepNameToTest,
        @Nullable String parentRunId,
        boolean failParentOnFailure,
        @Nullable String logsFileId,
        @Nullable Instant archivedAt,
        @Nullable ObjectNode steps,
        @Nullable List<Doubt> inDoubt) {

    public FlowRun {
        tags = tags == null ? null : List.copyOf(tags);
        inDoubt = inDoubt == null ? null : List.copyOf(inDoubt);
    }

    /** The version's name at the time of reading. */
    public record VersionName(String displayName) {}

    FlowRun withSteps(ObjectNode steps, List<Doubt> inDoubt) {
        return new FlowRun(
                id,
                created,
                updated,
                projectId,
                flowId,
                flowVersionId,
                flowVersion,
                environment,
                status,
                startTime,
                finishTime,
                failedStep,
                tags,
                stepsCount,
                triggeredBy,
                stepNameToTest,
                parentRunId,
                failParentOnFailure,
                logsFileId,
                archivedAt,
                steps,
                inDoubt);
    }
}
