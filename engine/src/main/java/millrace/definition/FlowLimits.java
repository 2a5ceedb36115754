package millrace.definition;

import java.util.HashSet;
import millrace.engine.MillraceException;

/** The limits of a document (reference/clarifications); what breaks them is refused as a whole. */
public final class FlowLimits {
    public static final int MAX_STEPS = 5_000;
    public static final int MAX_BRANCHES = 200;
    /** Loops, branches and failure branches around a step. */
    public static final int MAX_DEPTH = 100;

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
