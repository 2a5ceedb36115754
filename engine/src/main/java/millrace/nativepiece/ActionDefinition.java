package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import millrace.engine.StepResult;

/**
 * An action of a piece.
 *
 * @param pure true when a repetition does no harm: durability depends on it
 * @param errorHandlingHidden whether the editor hides retry and continue-on-failure
 * @param body called with converted, valid inputs
 */
public record ActionDefinition(
        String name,
        String displayName,
        String description,
        boolean pure,
        boolean errorHandlingHidden,
        List<Property> properties,
        Body body) {

    /** What an action does. It leaves by {@link PieceFailure} when the step fails. */
    @FunctionalInterface
    public interface Body {
        StepResult run(Input input, ActionCall call);
    }

    public ActionDefinition {
        properties = List.copyOf(properties);
    }

    /** An action without effects outside: it may be repeated after a crash. */
    public static Builder pure(String name, String displayName) {
        return new Builder(name, displayName, true);
    }

    /** An action that changes or asks the outside: the run is made durable before it. */
    public static Builder effectful(String name, String displayName) {
        return new Builder(name, displayName, false);
    }

    /** Converts and validates the inputs (engine-semantics §8.2), then performs the action. */
    public StepResult run(ActionCall call) {
        try {
            return body.run(InputRules.apply(properties, call.input(), FileInput.through(call)), call);
        } catch (PieceFailure failure) {
            return new StepResult.Failed(failure.error());
        }
    }

    /** Collects what an action declares; {@code run} and {@code runs} end the declaration. */
    public static final class Builder {
        private final String name;
        private final String displayName;
        private final boolean pure;
        private final List<Property> properties = new ArrayList<>();
        private String description = "";
        private boolean errorHandlingHidden;

        private Builder(String name, String displayName, boolean pure) {
            this.name = name;
            this.displayName = displayName;
            this.pure = pure;
        }

        public Builder described(String text) {
            description = text;
            return this;
        }

        public Builder prop(Property property) {
            properties.add(property);
            return this;
        }

        public Builder errorHandlingHidden() {
            errorHandlingHidden = true;
            return this;
        }

        /** The action computes its output from its inputs. */
        public ActionDefinition run(Function<Input, JsonNode> body) {
            return runs((input, call) -> new StepResult.Succeeded(body.apply(input)));
        }

        /** The action needs more than its inputs, or answers more than an output. */
        public ActionDefinition runs(Body body) {
            return new ActionDefinition(name, displayName, description, pure, errorHandlingHidden, properties, body);
        }
    }
}
