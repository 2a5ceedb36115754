package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import millrace.engine.Json;
import millrace.engine.MillraceException;

/** The limits of a document (reference/clarifications); what breaks them is refused as a whole. */
public final class FlowLimits {
    public static final int MAX_STEPS = 5_000;
    public static final int MAX_BRANCHES = 200;
    /** Loops, branches and failure branches around a step. */
    public static final int MAX_DEPTH = 100;

    /** What leads from a step to other steps, in documents of all schemas. */
    private static final Set<String> TREE = Set.of(
            "nextAction",
            "firstLoopAction",
            "children",
            "continueOnFailureBranches",
            "onSuccess",
            "onFailure",
            "onSuccessAction",
            "onFailureAction");

    private FlowLimits() {}

    /**
     * Checks a whole document.
     *
     * @throws MillraceException VALIDATION (400) that names what is wrong
     */
    public static void check(Trigger trigger) {
        var names = new HashSet<String>();
        for (Step step : Steps.all(trigger)) {
            if (!Step.NAME.matcher(step.name()).matches()) {
                throw MillraceException.invalid("the step name \"" + step.name() + "\" is not allowed");
            }
            if (!names.add(step.name())) {
                throw MillraceException.invalid("the step name \"" + step.name() + "\" is used twice");
            }
            if (names.size() > MAX_STEPS) {
                throw MillraceException.invalid("a flow has at most " + MAX_STEPS + " steps");
            }
            if (step instanceof RouterStep router
                    && Math.max(
                                    router.settings().path("branches").size(),
                                    router.children().size())
                            > MAX_BRANCHES) {
                throw MillraceException.invalid("a router has at most " + MAX_BRANCHES + " branches");
            }
        }
        checkDepth(trigger.next(), 0);
    }

    /**
     * Checks how deep an operation's JSON is nested, before anything walks it: 200 deep outside of the tree of steps in
     * {@code request.trigger}, and so deep in each step.
     *
     * @throws MillraceException VALIDATION (400)
     */
    static void checkNesting(ObjectNode operation) {
        record Place(JsonNode node, int depth, boolean steps) {}
        var open = new ArrayDeque<Place>();
        open.push(new Place(operation, 1, false));
        while (!open.isEmpty()) {
            var at = open.pop();
            if (at.depth() > Json.MAX_DEPTH) {
                throw MillraceException.invalid("the body is nested more than " + Json.MAX_DEPTH + " deep");
            }
            if (at.node() instanceof ObjectNode object) {
                for (var field : object.properties()) {
                    var steps = at.steps()
                            ? TREE.contains(field.getKey())
                            : at.depth() == 2 && field.getKey().equals("trigger");
                    if (field.getValue().isContainerNode()) {
                        open.push(new Place(field.getValue(), steps ? 1 : at.depth() + 1, steps));
                    }
                }
            } else {
                for (var item : at.node()) {
                    if (item.isContainerNode()) {
                        open.push(new Place(item, at.steps() ? 1 : at.depth() + 1, at.steps()));
                    }
                }
            }
        }
    }

    private static void checkDepth(@org.jspecify.annotations.Nullable Action head, int depth) {
        if (depth > MAX_DEPTH && head != null) {
            throw tooDeep();
        }
        for (Action step : Steps.chain(head)) {
            step.inner().forEach(inner -> checkDepth(inner, depth + 1));
        }
    }

    static MillraceException tooDeep() {
        return MillraceException.invalid("a step is nested at most " + MAX_DEPTH + " deep");
    }
}
