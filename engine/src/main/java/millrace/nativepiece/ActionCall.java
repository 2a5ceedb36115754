package millrace.nativepiece;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;

/**
 * One attempt of an action.
 *
 * @param input resolved values as the step has them, not converted yet; left as it is
 * @param idempotencyKey the same for every repetition of this attempt, also after a crash; effectful actions send it
 * @param http the only way out
 * @param timeout what is left for this call
 * @param run the run that the call belongs to
 */
public record ActionCall(ObjectNode input, String idempotencyKey, HttpSender http, Duration timeout, StepRun run) {

    /** A call outside a run. */
    public ActionCall(ObjectNode input, String idempotencyKey, HttpSender http, Duration timeout) {
        this(input, idempotencyKey, http, timeout, StepRun.NONE);
    }
}
