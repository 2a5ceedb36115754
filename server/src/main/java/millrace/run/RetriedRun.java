package millrace.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;

/**
 * A run of a bulk retry.
 *
 * @param error why it was not retried; absent when it was
 */
public record RetriedRun(
        @JsonUnwrapped FlowRun run,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Refusal error) {

    /** The code and the message of what a retry of this run alone would have answered. */
    public record Refusal(String errorCode, String errorMessage) {}
}
