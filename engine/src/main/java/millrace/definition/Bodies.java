package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;

/** Reading and copying of JSON objects that are shared and therefore never changed in place. */
final class Bodies {
    private Bodies() {}

    /** The object under a key, or an empty one. */
    static ObjectNode object(ObjectNode parent, String key) {
        return parent.get(key) instanceof ObjectNode object ? object : Json.object();
    }

    /** The text under a key, or an empty one. */
    static String text(ObjectNode parent, String key) {
        JsonNode value = parent.get(key);
        return value == null || !value.isTextual() ? "" : value.textValue();
    }

    /** A copy of the object's own level; what is in it stays shared. */
    static ObjectNode copy(ObjectNode object) {
        ObjectNode copy = Json.object();
        object.properties().forEach(entry -> copy.set(entry.getKey(), entry.getValue()));
        return copy;
    }

    static ObjectNode with(ObjectNode object, String key, JsonNode value) {
        ObjectNode copy = copy(object);
        copy.set(key, value);
        return copy;
    }

    static ObjectNode without(ObjectNode object, String key) {
        if (!object.has(key)) {
            return object;
        }
        ObjectNode copy = copy(object);
        copy.remove(key);
        return copy;
    }
}
