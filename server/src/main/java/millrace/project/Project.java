package millrace.project;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A project with its limits, as the API shows it (reference/rest-api §3.3: ProjectWithLimits). */
public record Project(
        String id,
        Instant created,
        Instant updated,
        String ownerId,
        String displayName,
        String platformId,
        @Nullable Integer maxConcurrentJobs,
        ProjectType type,
        JsonNode icon,
        @Nullable String externalId,
        boolean releasesEnabled,
        @Nullable JsonNode metadata,
        @Nullable String poolId,
        Plan plan,
        Analytics analytics) {
    /** Which pieces the project may use. */
    public record Plan(
            String id,
            Instant created,
            Instant updated,
            String projectId,
            boolean locked,
            String name,
            PiecesFilter piecesFilterType,
            List<String> pieces) {
        public Plan {
            pieces = List.copyOf(pieces);
        }
    }

    /** NONE: all pieces; ALLOWED: the named ones. */
    public enum PiecesFilter {
        NONE,
        ALLOWED
    }

    /**
     * @param totalUsers the owner and the members
     * @param activeUsers those of them whose account is active
     */
    public record Analytics(int totalUsers, int activeUsers, int totalFlows, int activeFlows) {
        static final Analytics NONE = new Analytics(0, 0, 0, 0);
    }
}
