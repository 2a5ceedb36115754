package millrace.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run comes from, beyond its trigger.
 *
 * @param callers the flows whose runs led to this one, the first of them first; empty for a run that came from outside
 * @param forkedFrom the run whose finished steps this one began with
 * @param test the one step that is executed, in a test of a single step
 */
public record RunOrigin(
        List<String> callers,
        @Nullable String forkedFrom,
        @Nullable StepTest test) {
    /** A run that came from outside and executes its flow. */
    public static final RunOrigin NONE = new RunOrigin(List.of(), null, null);

    public RunOrigin {
        callers = List.copyOf(callers);
    }

    /** A test of a single step. */
    public static RunOrigin of(StepTest test) {
        return new RunOrigin(List.of(), null, test);
    }

    /** That of a run which was called by runs of these flows, one by the other. */
    public static RunOrigin calledBy(List<String> callers) {
        return callers.isEmpty() ? NONE : new RunOrigin(callers, null, null);
    }

    /**
     * @param outputs what expressions see of the other steps, by name
     */
    public record StepTest(String stepName, ObjectNode outputs) {}
}
