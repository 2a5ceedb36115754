package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A step that chooses among branches.
 *
 * @param children one chain for each branch, null where a branch is empty
 */
public record RouterStep(
        ObjectNode body,
        List<@Nullable Action> children,
        @Nullable Action next) implements Action {
    public static final String TYPE = "ROUTER";

    public RouterStep {
        children = Collections.unmodifiableList(new ArrayList<>(children));
    }

    /** Which of the branches that hold are run. */
    public enum Execution {
        EXECUTE_FIRST_MATCH,
        EXECUTE_ALL_MATCH
    }

    /** FIRST_MATCH unless the document says ALL_MATCH. */
    public Execution executionType() {
        return "EXECUTE_ALL_MATCH".equals(setting("executionType"))
                ? Execution.EXECUTE_ALL_MATCH
                : Execution.EXECUTE_FIRST_MATCH;
    }

    public List<Branch> branches() {
        var branches = new ArrayList<Branch>();
        settings().path("branches").forEach(branch -> branches.add(Branch.of(branch)));
        return List.copyOf(branches);
    }

    /** The chain of a branch, null when it is empty or the document has none for this index. */
    public @Nullable Action child(int branch) {
        return branch < children.size() ? children.get(branch) : null;
    }

    @Override
    public RouterStep withNext(@Nullable Action next) {
        return new RouterStep(body, children, next);
    }

    @Override
    public RouterStep withBody(ObjectNode body) {
        return new RouterStep(body, children, next);
    }

    RouterStep withChildren(List<@Nullable Action> children) {
        return new RouterStep(body, children, next);
    }

    @Override
    public List<Action> inner() {
        var chains = new ArrayList<Action>();
        for (Action child : children) {
            if (child != null) {
                chains.add(child);
            }
        }
        return chains;
    }

    @Override
    public RouterStep mapInner(UnaryOperator<@Nullable Action> chain) {
        boolean changed = false;
        var mapped = new ArrayList<@Nullable Action>(children.size());
        for (Action child : children) {
            var replaced = chain.apply(child);
            changed |= replaced != child;
            mapped.add(replaced);
        }
        return changed ? new RouterStep(body, mapped, next) : this;
    }
}
