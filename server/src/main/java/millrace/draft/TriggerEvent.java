package millrace.draft;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event of a flow's trigger that was kept for the editor (reference/rest-api §10).
 *
 * @param sourceName {@code piece@major.minor:trigger}
 * @param payload null when its file is gone
 */
public record TriggerEvent(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String flowId,
        String sourceName,
        String fileId,
        @Nullable JsonNode payload) {

    TriggerEvent with(@Nullable JsonNode payload) {
        return new TriggerEvent(id, created, updated, projectId, flowId, sourceName, fileId, payload);
    }
}
