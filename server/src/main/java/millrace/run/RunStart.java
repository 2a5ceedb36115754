package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.engine.RunEnvironment;
import org.jspecify.annotations.Nullable;

/**
 * A run to be.
 *
 * @param payload the trigger's output
 * @param triggerInput the trigger's inputs as the log shows them, censored
 * @param draft the trigger tree of the draft that is executed; null for a published version
 * @param priority 1 is first (reference/engine-semantics §13.1)
 */
public record RunStart(
        String projectId,
        String flowId,
        String flowVersionId,
        RunEnvironment environment,
        JsonNode payload,
        JsonNode triggerInput,
        @Nullable JsonNode draft,
        int priority) {}
