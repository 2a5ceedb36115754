package millrace.nativepiece;

import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;
import millrace.engine.StepError;

/**
 * Leaves the body of an action or trigger: the step fails with this error. {@link ActionDefinition#run} turns it into
 * {@code StepResult.Failed}; callers of {@link TriggerDefinition#events} catch it.
 */
public final class PieceFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String errorName;

    public PieceFailure(String message) {
        this("Error", message);
    }

    /** @param errorName the error's class as the reference names it, such as {@code SSRFBlockedError} */
    public PieceFailure(String errorName, String message) {
        super(message, null, false, false);
        this.errorName = errorName;
    }

    /** A piece's own check of one field: the message is {@code {"errors":{"field":"text"}}} (core-pieces §0). */
    public static PieceFailure ofField(String field, String text) {
        var message = Json.object();
        message.putObject("errors").put(field, text);
        return new PieceFailure(Json.text(message));
    }

    /** Inputs of the wrong type: property name to list of texts (engine-semantics §8.2). */
    static PieceFailure ofInputs(ObjectNode faults) {
        return new PieceFailure(Json.text(faults));
    }

    public String errorName() {
        return errorName;
    }

    public StepError error() {
        var message = String.valueOf(getMessage());
        return StepError.of(message, errorName, message);
    }
}
