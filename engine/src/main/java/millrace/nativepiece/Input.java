package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** The inputs of an action or trigger after conversion and validation, read by name. */
public record Input(ObjectNode values) {

    /** The value, or null when it is missing or JSON null. */
    public @Nullable JsonNode value(String name) {
        var value = values.get(name);
        return value == null || value.isNull() ? null : value;
    }

    /** A text, or null; other scalars in their text form. */
    public @Nullable String text(String name) {
        var value = value(name);
        return value == null ? null : value.isContainerNode() ? Json.text(value) : value.asText();
    }

    public String text(String name, String otherwise) {
        var value = text(name);
        return value == null ? otherwise : value;
    }

    /** A number as JavaScript has it: a double. Call it for required numbers only. */
    public double number(String name) {
        var value = value(name);
        if (value == null) {
            throw new IllegalStateException("no number in " + name);
        }
        return value.asDouble();
    }

    public double number(String name, double otherwise) {
        return value(name) == null ? otherwise : number(name);
    }

    public boolean flag(String name) {
        var value = value(name);
        return value != null && value.asBoolean();
    }

    /** The object, or an empty one. */
    public ObjectNode object(String name) {
        return value(name) instanceof ObjectNode object ? object : Json.object();
    }

    /** The fields of a DYNAMIC property. */
    public Input fields(String name) {
        return new Input(object(name));
    }
}
