package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a step does inside our own database. It becomes durable together with the step's record or not at all, so it
 * happens exactly once, also over crashes.
 */
public sealed interface Effect {
    /**
     * Opens an address whose answer goes to whichever step of the run waits first.
     *
     * @param id 21 characters, new
     */
    record OpenWaitpoint(String id) implements Effect {}

    /**
     * Accepts a run of another flow of the project; this run is its parent.
     *
     * @param runId the new run's id, chosen by the step
     * @param created when the step started it
     * @param began the new run's first record
     * @param waitpointId what the new run completes when it ends; null when nobody waits for it
     */
    record StartRun(
            String runId,
            Instant created,
            String flowId,
            JournalRecord.Began began,
            @Nullable String waitpointId) implements Effect {}

    /**
     * Completes a waitpoint of another run, if it is still open.
     *
     * @param payload what the waiting step gets
     */
    record CompleteWaitpoint(String runId, String waitpointId, JsonNode payload) implements Effect {}
}
