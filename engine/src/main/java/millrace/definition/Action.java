package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A step after the trigger. */
public sealed interface Action extends Step permits CodeStep, PieceStep, LoopStep, RouterStep {
    /** The same step before another chain. */
    Action withNext(@Nullable Action next);

    /** The same step with another body; its type stays. */
    Action withBody(ObjectNode body);

    /** Heads of the chains inside this step, in the order of walking (flow-format §1); empty ones left out. */
    List<Action> inner();

    /** The same step with each chain inside it replaced; answers itself when the function changes none. */
    Action mapInner(UnaryOperator<@Nullable Action> chain);
}
