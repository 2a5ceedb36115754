package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * What a step answers to the waiting caller.
 *
 * @param body a text node is sent as it is, anything else as JSON
 */
public record Response(int status, Map<String, String> headers, JsonNode body) {
    public Response {
        headers = Map.copyOf(headers);
    }
}
