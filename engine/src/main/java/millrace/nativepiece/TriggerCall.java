package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One delivery to a trigger.
 *
 * @param input the trigger's resolved inputs, not converted yet
 * @param payload for a webhook {@code {method, headers, body, queryParams, rawBody?}}, header names in lower case
 */
public record TriggerCall(ObjectNode input, JsonNode payload) {}
