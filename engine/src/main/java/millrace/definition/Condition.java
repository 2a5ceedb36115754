package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import org.jspecify.annotations.Nullable;

/**
 * One comparison of a router's branch, with its values unresolved.
 *
 * @param operator null when the document names none or an unknown one: such a condition can't be evaluated
 * @param secondValue null for operators of one value
 */
public record Condition(
        @Nullable Operator operator,
        JsonNode firstValue,
        @Nullable JsonNode secondValue,
        boolean caseSensitive) {

    static Condition of(JsonNode json) {
        JsonNode first = json.get("firstValue");
        JsonNode second = json.get("secondValue");
        return new Condition(
                Operator.find(json.path("operator").asText()).orElse(null),
                first == null ? TextNode.valueOf("") : first,
                second,
                json.path("caseSensitive").asBoolean(false));
    }
}
