package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** What starts a flow; always the root of its document. */
public sealed interface Trigger extends Step permits EmptyTrigger, PieceTrigger {
    /** The same trigger before another chain. */
    Trigger withNext(@Nullable Action next);

    /** The same trigger with another body; its type stays. */
    Trigger withBody(ObjectNode body);
}
