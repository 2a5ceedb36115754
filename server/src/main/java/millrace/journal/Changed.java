package millrace.journal;

import millrace.engine.JournalRecord;
import millrace.engine.StepError;
import org.jspecify.annotations.Nullable;

/**
 * What came of a step that changes what its project has.
 *
 * @param told the record of the step; null when the step failed, and nothing was changed
 * @param error why the step failed
 */
public record Changed(
        JournalRecord.@Nullable Finished told, @Nullable StepError error) {
    public static Changed refused(StepError error) {
        return new Changed(null, error);
    }
}
