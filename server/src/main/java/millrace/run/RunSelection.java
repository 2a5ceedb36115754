package millrace.run;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * The runs of a project that a bulk action is about: those that are named, else the production runs that pass every
 * filter (reference/rest-api §5.1).
 *
 * @param flowRunIds null when the filters select; ids that are not the project's name nothing
 * @param excludeFlowRunIds runs that are left out in either case
 */
public record RunSelection(
        String projectId,
        @Nullable List<String> flowRunIds,
        @Nullable List<String> excludeFlowRunIds,
        @Nullable List<RunStatus> status,
        @Nullable List<String> flowId,
        @Nullable Instant createdAfter,
        @Nullable Instant createdBefore,
        @Nullable String failedStepName,
        @Nullable String failedStepMessage) {
    private static final Pattern ID = Pattern.compile("[0-9A-Za-z]{21}");

    public RunSelection {
        requireIds("flowRunIds", flowRunIds);
        requireIds("excludeFlowRunIds", excludeFlowRunIds);
        requireIds("flowId", flowId);
    }

    static void requireIds(String field, @Nullable List<String> ids) {
        if (ids != null && !ids.stream().allMatch(ID.asMatchPredicate())) {
            throw new IllegalArgumentException(field + " must be ids of 21 characters 0-9A-Za-z");
        }
    }

    Predicate<String> excluded() {
        return excludeFlowRunIds == null ? id -> false : new HashSet<>(excludeFlowRunIds)::contains;
    }

    /** The statuses that are asked for, or else these. */
    Set<RunStatus> statusesOr(Set<RunStatus> otherwise) {
        return status == null || status.isEmpty() ? otherwise : Set.copyOf(status);
    }

    /** What the filters select when no run is named. */
    RunFilter filter(Set<RunStatus> statuses) {
        return new RunFilter(
                projectId,
                flowId == null ? List.of() : flowId,
                statuses.stream().map(Enum::name).toList(),
                List.of(),
                createdAfter,
                createdBefore,
                failedStepName,
                failedStepMessage,
                List.of(),
                false,
                false);
    }
}
