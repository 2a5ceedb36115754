package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one call of a code or piece step ended. */
public sealed interface StepResult {
    /**
     * @param response what the waiting caller gets, if anything
     * @param stop true when the run ends here, successfully
     * @param effects what becomes durable with the step's record
     */
    record Succeeded(JsonNode output, @Nullable Response response, boolean stop, List<Effect> effects)
            implements StepResult {
        public Succeeded {
            effects = List.copyOf(effects);
        }

        public Succeeded(JsonNode output, @Nullable Response response, boolean stop) {
            this(output, response, stop, List.of());
        }

        public Succeeded(JsonNode output) {
            this(output, null, false);
        }
    }

    /**
     * The step waits: the run pauses, and the step is called again with a {@link Resumption} once its waitpoint is
     * completed or its time has come.
     *
     * @param waitpointId names the waitpoint
     * @param opened whether a step before this one opened the waitpoint; if not, it becomes durable with the pause
     * @param until when the wait ends by itself; null when only an answer ends it
     * @param output what the log shows meanwhile
     * @param response what the waiting caller gets once the pause is durable
     * @param effects what becomes durable with the pause
     */
    record Paused(
            String waitpointId,
            boolean opened,
            @Nullable Instant until,
            @Nullable JsonNode output,
            @Nullable Response response,
            List<Effect> effects)
            implements StepResult {
        public Paused {
            effects = List.copyOf(effects);
        }

        /** At a new waitpoint. */
        public Paused(
                String waitpointId,
                @Nullable Instant until,
                @Nullable JsonNode output,
                @Nullable Response response,
                List<Effect> effects) {
            this(waitpointId, false, until, output, response, effects);
        }
    }

    /**
     * The step changes what the project has in our own database. What it gives is known only while that is locked: change
     * and record become durable together, so there is no doubt about it and nothing repeats.
     */
    record Changing(Effect.Change change) implements StepResult {}

    /** The step failed; retry and continue-on-failure settings apply. */
    record Failed(StepError error) implements StepResult {}

    /**
     * The run can't go on: its host was lost twice, its time is over, its log is full.
     *
     * @param status MEMORY_LIMIT_EXCEEDED, TIMEOUT, LOG_SIZE_EXCEEDED or INTERNAL_ERROR
     */
    record Broken(RunStatus status, StepError error) implements StepResult {}
}
