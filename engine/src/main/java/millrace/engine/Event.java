package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import millrace.expression.ReferenceFailure;
import org.jspecify.annotations.Nullable;

/** The answer to a {@link Command}. */
public sealed interface Event {

    /** Starts a run, or goes on with one whose records were replayed. */
    record Begin() implements Event {}

    /** @param values by source; an absent key was undefined or threw */
    record Evaluated(Map<String, JsonNode> values) implements Event {}

    /**
     * The expressions could not be evaluated at all.
     *
     * @param result how the step that needs them ends: failed or broken
     */
    record EvaluationFailed(StepResult result) implements Event {}

    /**
     * @param value null when there is none, or when {@code failure} says why it can't be used
     * @param failure why it can't be used (engine-semantics §5.4)
     */
    record Fetched(@Nullable JsonNode value, @Nullable ReferenceFailure failure) implements Event {}

    record Called(StepResult result, long millis) implements Event {}

    /** A call succeeded, and its record is durable already: {@link Execution#succeeded} made it. */
    record Stored(JsonNode output, long millis) implements Event {}

    record Waited() implements Event {}

    record DoubtNoted() implements Event {}

    /**
     * The run is canceled instead of what the command wanted: the step that was called, or was about to be, fails and
     * nothing follows it.
     *
     * @param error what was stopped, and what could not be
     */
    record Canceled(StepError error, long millis) implements Event {}

    record Replied() implements Event {}
}
