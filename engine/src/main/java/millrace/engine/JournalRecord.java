package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fact of a run, in the order in which it came to be. Replaying the records of a run rebuilds its
 * {@link Execution}; folding them gives the steps that a person reads ({@link RunLog}).
 *
 * <p>Inputs are journalled censored: strings that mention a connection or a variable hold {@code **REDACTED**}.
 */
public sealed interface JournalRecord {

    /** The path of the step that the record is about; null when it is about the whole run. */
    @Nullable
    String path();

    /**
     * The first record of every run: what the run is pinned to.
     *
     * @param payload the trigger's output
     * @param triggerInput the trigger's settings as the run's log shows them
     * @param draft the whole trigger tree when the run executes a draft, which may change under it
     * @param timeZone the zone of dates without one
     * @param origin what the run comes from, beyond its trigger
     */
    record Began(
            String flowVersionId,
            RunEnvironment environment,
            String timeZone,
            JsonNode payload,
            JsonNode triggerInput,
            @Nullable JsonNode draft,
            RunOrigin origin)
            implements JournalRecord {
        public Began(
                String flowVersionId,
                RunEnvironment environment,
                String timeZone,
                JsonNode payload,
                JsonNode triggerInput,
                @Nullable JsonNode draft) {
            this(flowVersionId, environment, timeZone, payload, triggerInput, draft, RunOrigin.NONE);
        }

        @Override
        public @Nullable String path() {
            return null;
        }
    }

    /** An effectful call is about to be made; durable before it is. */
    record Intent(String path, int attempt, JsonNode input) implements JournalRecord {}

    /** An attempt failed and another will follow. */
    record Attempted(String path, int attempt, StepError error) implements JournalRecord {}

    /**
     * A step waits. Its inputs are not evaluated again when it goes on.
     *
     * @param until when the wait ends by itself, to the millisecond; null when only an answer ends it
     * @param input null when an {@link Intent} of this path holds it
     * @param output what the log shows meanwhile
     */
    record Paused(
            String path,
            String type,
            int attempt,
            String waitpointId,
            @Nullable Instant until,
            @Nullable JsonNode input,
            @Nullable JsonNode output,
            long millis)
            implements JournalRecord {}

    /**
     * The wait of a step is over.
     *
     * @param payload what came; null when the time came
     * @param error why the step fails, when it waited too long
     */
    record Resumed(
            String path,
            @Nullable JsonNode payload,
            @Nullable StepError error) implements JournalRecord {}

    /**
     * The run ended and goes on: its failed and unfinished steps are executed again, each as a new attempt, and its
     * finished ones are kept.
     *
     * @param atMillis when it was asked for, in milliseconds since 1970
     */
    record Retried(long atMillis) implements JournalRecord {
        @Override
        public @Nullable String path() {
            return null;
        }
    }

    /**
     * The step is tried again, and not before this moment: whoever takes the run up waits for the rest.
     *
     * @param attempt the attempt that follows
     * @param untilMillis in milliseconds since 1970
     */
    record BackingOff(String path, int attempt, long untilMillis) implements JournalRecord {}

    /** Somebody has said what the step gets instead of what its inputs evaluate to; texts of secrets are censored. */
    record Given(String path, ObjectNode input) implements JournalRecord {}

    /** A step has given the run tags that it did not have. */
    record Tagged(String path, List<String> tags) implements JournalRecord {
        public Tagged {
            tags = List.copyOf(tags);
        }
    }

    /** A loop has evaluated its items, once and for all. */
    record LoopBegan(String path, ArrayNode items) implements JournalRecord {}

    /** A loop has gone through {@code iterations} of its items. */
    record LoopEnded(String path, int iterations, long millis) implements JournalRecord {}

    /**
     * A step has ended and is never executed again.
     *
     * @param type the step's type as the log shows it: CODE, PIECE, ROUTER, LOOP_ON_ITEMS (a loop whose items failed)
     * @param input null when an {@link Intent} of this path holds it
     * @param output null when the step failed
     * @param error the friendly error when it failed
     */
    record Finished(
            String path,
            String type,
            StepStatus status,
            @Nullable JsonNode input,
            @Nullable JsonNode output,
            @Nullable ObjectNode error,
            long millis)
            implements JournalRecord {}
}
