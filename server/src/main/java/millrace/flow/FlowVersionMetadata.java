package millrace.flow;

import java.time.Instant;
import millrace.definition.FlowVersion;
import org.jspecify.annotations.Nullable;

/**
 * A version in a list, without its document.
 *
 * @param updatedByUser null when an API key edited it, or when the user is gone
 */
public record FlowVersionMetadata(
        String id,
        Instant created,
        Instant updated,
        String flowId,
        String displayName,
        boolean valid,
        FlowVersion.State state,
        @Nullable String updatedBy,
        @Nullable String schemaVersion,
        @Nullable Editor updatedByUser) {

    /** Who edited a version last. */
    public record Editor(
            String id,
            Instant created,
            Instant updated,
            String email,
            String firstName,
            String lastName,
            String status,
            String platformRole,
            @Nullable String platformId,
            @Nullable String externalId,
            @Nullable Instant lastActiveDate,
            @Nullable String imageUrl) {}
}
