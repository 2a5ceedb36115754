package millrace.flow;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A folder of a project's flows and tables. */
public record Folder(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String displayName,
        int displayOrder,
        @Nullable String externalId) {}
