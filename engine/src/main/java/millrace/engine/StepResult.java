package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** How one call of a code or piece step ended. */
public sealed interface StepResult {
    /**
     * @param response what the waiting caller gets, if anything
     * @param stop true when the run ends here, successfully
     */
    record Succeeded(JsonNode output, @Nullable Response response, boolean stop) implements StepResult {
        public Succeeded(JsonNode output) {
            this(output, null, false);
        }
    }

    /** The step failed; retry and continue-on-failure settings apply. */
    record Failed(StepError error) implements StepResult {}

    /**
     * The run can't go on: its host was lost twice, its time is over, its log is full.
     *
     * @param status MEMORY_LIMIT_EXCEEDED, TIMEOUT, LOG_SIZE_EXCEEDED or INTERNAL_ERROR
     */
    record Broken(RunStatus status, StepError error) implements StepResult {}
}
