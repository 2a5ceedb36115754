package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Walking and rewriting of step trees. Recurses by nesting only, never along a chain. */
public final class Steps {
    private Steps() {}

    /** The steps of one chain, without what is inside them. */
    public static List<Action> chain(@Nullable Action head) {
        var chain = new ArrayList<Action>();
        for (Action step = head; step != null; step = step.next()) {
            chain.add(step);
        }
        return chain;
    }

    /**
     * Calls the visitor for every step in the reference's order: the step, its loop body, its branches, the chain on
     * success, the chain on failure, then what follows it.
     */
    public static void walk(Step root, Consumer<? super Step> visitor) {
        var open = new ArrayDeque<Step>();
        open.push(root);
        while (!open.isEmpty()) {
            Step step = open.pop();
            visitor.accept(step);
            if (step.next() != null) {
                open.push(step.next());
            }
            if (step instanceof Action action) {
                var inner = action.inner();
                for (int i = inner.size() - 1; i >= 0; i--) {
                    open.push(inner.get(i));
                }
            }
        }
    }

    /** Every step in the order of walking. */
    public static List<Step> all(Step root) {
        var all = new ArrayList<Step>();
        walk(root, all::add);
        return all;
    }

    /** The first step of the name in the order of walking. */
    public static Optional<Step> find(Step root, String name) {
        for (Step step : all(root)) {
            if (step.name().equals(name)) {
                return Optional.of(step);
            }
        }
        return Optional.empty();
    }

    /** The first action of the name in the order of walking. */
    static Optional<Action> findAction(Trigger root, String name) {
        return find(root, name).filter(Action.class::isInstance).map(Action.class::cast);
    }

    /** The same document with the settings of every step replaced. */
    public static Trigger mapSettings(Trigger trigger, UnaryOperator<ObjectNode> function) {
        var rewritten = rewrite(trigger, step -> List.of(step.withBody(mapped(step, function))));
        return rewritten.withBody(mapped(trigger, function));
    }

    private static ObjectNode mapped(Step step, UnaryOperator<ObjectNode> function) {
        return Bodies.with(step.body(), "settings", function.apply(step.settings()));
    }

    /**
     * Puts in the place of every action what the function answers: nothing, itself, another step, several. It sees a
     * step after the steps inside it were rewritten; the {@code next} of what it answers is ignored. Parts that do not
     * change are shared with the old tree.
     */
    static Trigger rewrite(Trigger trigger, Function<Action, List<Action>> function) {
        var next = rewriteChain(trigger.next(), function);
        return next == trigger.next() ? trigger : trigger.withNext(next);
    }

    static @Nullable Action rewriteChain(@Nullable Action head, Function<Action, List<Action>> function) {
        var chain = chain(head);
        var replaced = new ArrayList<List<Action>>(chain.size());
        for (Action step : chain) {
            replaced.add(function.apply(step.mapInner(inner -> rewriteChain(inner, function))));
        }
        Action next = null;
        for (int i = chain.size() - 1; i >= 0; i--) {
            next = link(replaced.get(i), next);
        }
        return next;
    }

    /** The steps as a chain that goes on with {@code next}. */
    static @Nullable Action link(List<Action> steps, @Nullable Action next) {
        Action head = next;
        for (int i = steps.size() - 1; i >= 0; i--) {
            Action step = steps.get(i);
            head = step.next() == head ? step : step.withNext(head);
        }
        return head;
    }
}
