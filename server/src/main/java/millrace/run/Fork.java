package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a new run goes its own way, and what it gets there. Body of {@code POST /flow-runs/{id}/fork}.
 *
 * @param stepPath the first step that the new run executes by itself: {@code step_2}, in the fourth iteration of a loop
 *     {@code loop[3]/step_2}; {@code trigger} for a run from the beginning
 * @param input what that step gets, instead of what its inputs evaluate to; a loop gets {@code {items: […]}}. Texts
 *     {@code **REDACTED**} are evaluated as the step says
 * @param outputs by path what finished steps before that one gave, instead of what they gave; {@code trigger} among them
 */
public record Fork(
        String stepPath,
        @Nullable ObjectNode input,
        @Nullable Map<String, JsonNode> outputs) {
    public Fork {
        outputs = outputs == null ? null : Map.copyOf(outputs);
    }

    /** The outputs to be replaced; none when none are named. */
    Map<String, JsonNode> replaced() {
        return outputs == null ? Map.of() : outputs;
    }
}
