package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;

/**
 * What becomes of a step whose effect may have happened, because the process ended before its result was durable
 * (settings' field {@code onInDoubt}).
 */
public enum OnInDoubt {
    /** It is called again with the same input and the same idempotency key. */
    RETRY,
    /** The run waits until somebody says whether it happened. */
    ASK,
    /** The step fails. */
    FAIL;

    static final String FIELD = "onInDoubt";
    static final Set<String> NAMES = Set.of(RETRY.name(), ASK.name(), FAIL.name());

    static OnInDoubt of(ObjectNode settings) {
        var name = settings.path(FIELD).asText();
        return NAMES.contains(name) ? valueOf(name) : RETRY;
    }
}
