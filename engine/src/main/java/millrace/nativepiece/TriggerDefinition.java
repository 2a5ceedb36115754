package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import millrace.engine.Json;

/**
 * A trigger of a piece.
 *
 * @param sampleData what the editor shows before a real event came
 * @param body called with converted, valid inputs
 */
public record TriggerDefinition(
        String name,
        String displayName,
        String description,
        TriggerStrategy strategy,
        List<Property> properties,
        JsonNode sampleData,
        Body body) {

    /** Turns a delivery into events. */
    @FunctionalInterface
    public interface Body {
        List<JsonNode> events(Input input, JsonNode payload);
    }

    public TriggerDefinition {
        properties = List.copyOf(properties);
    }

    /** A trigger that takes HTTP calls on the flow's own address. */
    public static Builder webhook(String name, String displayName) {
        return new Builder(name, displayName, TriggerStrategy.WEBHOOK);
    }

    /**
     * The events of a delivery, each of which starts a run; none when the trigger refuses it.
     *
     * @throws PieceFailure when the inputs are of the wrong type
     */
    public List<JsonNode> events(TriggerCall call) {
        return body.events(InputRules.apply(properties, call.input(), FileInput.REFUSED), call.payload());
    }

    /** Collects what a trigger declares; {@code events} ends the declaration. */
    public static final class Builder {
        private final String name;
        private final String displayName;
        private final TriggerStrategy strategy;
        private final List<Property> properties = new ArrayList<>();
        private String description = "";
        private JsonNode sampleData = Json.object();

        private Builder(String name, String displayName, TriggerStrategy strategy) {
            this.name = name;
            this.displayName = displayName;
            this.strategy = strategy;
        }

        public Builder described(String text) {
            description = text;
            return this;
        }

        public Builder prop(Property property) {
            properties.add(property);
            return this;
        }

        public Builder sample(JsonNode data) {
            sampleData = data;
            return this;
        }

        public TriggerDefinition events(Body body) {
            return new TriggerDefinition(name, displayName, description, strategy, properties, sampleData, body);
        }
    }
}
