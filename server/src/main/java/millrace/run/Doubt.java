package millrace.run;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call whose process ended before its result was durable: its effect may have happened.
 *
 * @param stepPath such as {@code loop[3]/send}
 * @param attempt counts failures that were retried, never crashes
 * @param idempotencyKey what the call carried, each time it was made
 * @param times how often a process ended in this call
 * @param choice RETRY, ASK or FAIL: what the step's {@code onInDoubt} says
 * @param happened what a person decided; null without a decision
 */
public record Doubt(
        String stepPath,
        int attempt,
        String idempotencyKey,
        int times,
        String choice,
        @Nullable Boolean happened,
        Instant created,
        @Nullable Instant decided) {

    /** The same for each repetition of a call, whatever process makes it. */
    static String key(String runId, String path, int attempt) {
        return runId + "/" + path + "/" + attempt;
    }
}
