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
 * @param internalError why a run ended INTERNAL_ERROR; shown to platform administrators only, null in lists
 * @param forkedFromRunId the run whose finished steps this one began with; null in lists
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
        @Nullable List<Doubt> inDoubt,
        @Nullable JsonNode internalError,
        @Nullable String forkedFromRunId) {

    public FlowRun {
        tags = tags == null ? null : List.copyOf(tags);
        inDoubt = inDoubt == null ? null : List.copyOf(inDoubt);
    }

    /** The version's name at the time of reading. */
    public record VersionName(String displayName) {}

    /** The same run with what its journal tells. */
    FlowRun withSteps(ObjectNode steps, List<Doubt> inDoubt, @Nullable String forkedFromRunId) {
        return with(steps, inDoubt, internalError, forkedFromRunId);
    }

    FlowRun withDoubts(List<Doubt> inDoubt) {
        return with(steps, inDoubt, internalError, forkedFromRunId);
    }

    FlowRun withoutInternalError() {
        return with(steps, inDoubt, null, forkedFromRunId);
    }

    FlowRun forkedFrom(String runId) {
        return with(steps, inDoubt, internalError, runId);
    }

    private FlowRun with(
            @Nullable ObjectNode steps,
            @Nullable List<Doubt> inDoubt,
            @Nullable JsonNode internalError,
            @Nullable String forkedFromRunId) {
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
                inDoubt,
                internalError,
                forkedFromRunId);
    }
}
