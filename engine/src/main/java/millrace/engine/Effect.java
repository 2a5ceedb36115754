package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a step does inside our own database. It becomes durable together with the step's record or not at all, so it
 * happens exactly once, also over crashes.
 */
public sealed interface Effect {
    /**
     * Opens an address before a step waits there.
     *
     * @param id 21 characters, new
     * @param links the secrets of which each may answer once; none for an address whose one answer goes to whichever
     *     step of the run waits first
     * @param needed how many answers end the wait
     */
    record OpenWaitpoint(String id, List<String> links, int needed) implements Effect {
        public OpenWaitpoint {
            links = List.copyOf(links);
        }
    }

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

    /**
     * Gives the run tags, by which runs are listed. One that it has already changes nothing.
     *
     * @param tags what is longer than {@value #LONGEST} characters is cut
     */
    record AddTags(List<String> tags) implements Effect {
        /** An index holds them. */
        private static final int LONGEST = 255;

        public AddTags {
            tags = tags.stream().map(AddTags::cut).toList();
        }

        private static String cut(String tag) {
            var end = Math.min(tag.length(), LONGEST);
            // Half a character can't be stored.
            return tag.substring(0, end > 0 && Character.isHighSurrogate(tag.charAt(end - 1)) ? end - 1 : end);
        }
    }

    /**
     * Changes what others may change at the same time. What comes of it is known only while nobody else may, and it is the
     * step's output: such a step answers with {@link StepResult.Changing}.
     */
    sealed interface Change extends Effect permits ChangeEntry, TableChange {}

    /**
     * Changes an entry of the project's key-value store.
     *
     * @param key of the entry, prefixes included
     */
    record ChangeEntry(String key, Decision decision) implements Change {}

    /** What becomes of an entry. Called while the entry is locked, perhaps more than once; the last call counts. */
    @FunctionalInterface
    interface Decision {
        /**
         * @param before the entry's value; null when there is no entry
         * @throws millrace.nativepiece.PieceFailure when the step fails, and the entry stays as it is
         */
        NewValue of(@Nullable JsonNode before);
    }

    /**
     * @param value what the entry holds from now on; null when it is removed
     * @param output the step's
     */
    record NewValue(@Nullable JsonNode value, JsonNode output) {}
}
