package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.engine.RunEnvironment;
import millrace.engine.RunOrigin;
import org.jspecify.annotations.Nullable;

/**
 * A run to be.
 *
 * @param payload the trigger's output
 * @param triggerInput the trigger's inputs as the log shows them, censored
 * @param draft the trigger tree of the draft that is executed; null for a published version
 * @param priority 1 is first (reference/engine-semantics §13.1)
 * @param origin what it comes from
 * @param parent the run that called it; null for most
 * @param triggeredBy the user who started it by hand; null for most
 */
public record RunStart(
        String projectId,
        String flowId,
        String flowVersionId,
        RunEnvironment environment,
        JsonNode payload,
        JsonNode triggerInput,
        @Nullable JsonNode draft,
        int priority,
        RunOrigin origin,
        @Nullable Parent parent,
        @Nullable String triggeredBy) {

    /** @param failsWithIt whether the parent's waiting step fails when this run does */
    public record Parent(String runId, boolean failsWithIt) {}

    /** A run that nobody but an event from outside has started. */
    public RunStart(
            String projectId,
            String flowId,
            String flowVersionId,
            RunEnvironment environment,
            JsonNode payload,
            JsonNode triggerInput,
            @Nullable JsonNode draft,
            int priority) {
        this(
                projectId,
                flowId,
                flowVersionId,
                environment,
                payload,
                triggerInput,
                draft,
                priority,
                RunOrigin.NONE,
                null,
                null);
    }
}
