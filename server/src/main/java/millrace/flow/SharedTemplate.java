package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A flow for another installation (flow-format §10). */
public record SharedTemplate(
        String name,
        String type,
        String summary,
        String description,
        List<JsonNode> tags,
        @Nullable String blogUrl,
        @Nullable JsonNode metadata,
        String author,
        List<String> categories,
        List<String> pieces,
        String status,
        List<FlowContent> flows) {

    /** A version without what belongs to its installation. */
    public record FlowContent(
            String displayName,
            JsonNode trigger,
            boolean valid,
            @Nullable String schemaVersion,
            List<ObjectNode> notes) {}

    static SharedTemplate of(String name, List<String> pieces, FlowContent flow) {
        return new SharedTemplate(
                name, "SHARED", "", "", List.of(), null, null, "", List.of(), pieces, "PUBLISHED", List.of(flow));
    }
}
