package millrace.journal;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.engine.JournalRecord;
import millrace.engine.StepError;
import org.jspecify.annotations.Nullable;

/**
 * What a step has made of an entry of the key-value store.
 *
 * @param value what the entry holds from now on; null when it is removed
 * @param told the record of the step; null when the step failed, and the entry stays as it is
 * @param error why the step failed
 */
public record Stored(
        @Nullable JsonNode value,
        JournalRecord.@Nullable Finished told,
        @Nullable StepError error) {
    public static Stored refused(StepError error) {
        return new Stored(null, null, error);
    }
}
