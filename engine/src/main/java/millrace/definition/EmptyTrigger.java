package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** The trigger of a new flow: nothing is chosen yet. Never valid. */
public record EmptyTrigger(ObjectNode body, @Nullable Action next) implements Trigger {
    public static final String TYPE = "EMPTY";

    @Override
    public EmptyTrigger withNext(@Nullable Action next) {
        return new EmptyTrigger(body, next);
    }

    @Override
    public EmptyTrigger withBody(ObjectNode body) {
        return new EmptyTrigger(body, next);
    }
}
