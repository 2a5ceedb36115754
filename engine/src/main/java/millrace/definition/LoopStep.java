package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A step that runs its chain once for each item of a list, one after the other. */
public record LoopStep(
        ObjectNode body, @Nullable Action first, @Nullable Action next) implements Action {
    public static final String TYPE = "LOOP_ON_ITEMS";

    /** The expression of the list, as the document has it: a text. Missing when the document lacks it. */
    public JsonNode items() {
        JsonNode items = settings().get("items");
        return items == null ? MissingNode.getInstance() : items;
    }

    @Override
    public LoopStep withNext(@Nullable Action next) {
        return new LoopStep(body, first, next);
    }

    @Override
    public LoopStep withBody(ObjectNode body) {
        return new LoopStep(body, first, next);
    }

    LoopStep withFirst(@Nullable Action first) {
        return new LoopStep(body, first, next);
    }

    @Override
    public List<Action> inner() {
        return first == null ? List.of() : List.of(first);
    }

    @Override
    public LoopStep mapInner(UnaryOperator<@Nullable Action> chain) {
        var mapped = chain.apply(first);
        return mapped == first ? this : new LoopStep(body, mapped, next);
    }
}
