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
     * The step changes an entry of the project's key-value store. What it gives is known only while the entry is locked:
     * entry and record become durable together, so there is no doubt about it and nothing repeats.
     *
     * @param key of the entry, prefixes included
     */
    record Storing(String key, Change change) implements StepResult {}

    /** What becomes of an entry. Called while the entry is locked, perhaps more than once; the last call counts. */
    @FunctionalInterface
    interface Change {
        /**
         * @param before the entry's value; null when there is no entry
         * @throws millrace.nativepiece.PieceFailure when the step fails, and the entry stays as it is
         */
        Changed of(@Nullable JsonNode before);
    }

    /**
     * @param value what the entry holds from now on; null when it is removed
     * @param output the step's
     */
    record Changed(@Nullable JsonNode value, JsonNode output) {}

    /** The step failed; retry and continue-on-failure settings apply. */
    record Failed(StepError error) implements StepResult {}

    /**
     * The run can't go on: its host was lost twice, its time is over, its log is full.
     *
     * @param status MEMORY_LIMIT_EXCEEDED, TIMEOUT, LOG_SIZE_EXCEEDED or INTERNAL_ERROR
     */
    record Broken(RunStatus status, StepError error) implements StepResult {}
}
