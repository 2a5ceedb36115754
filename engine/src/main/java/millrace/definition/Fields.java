package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/** Reading of request fields; what is missing or of another kind is refused with the field's place. */
final class Fields {
    private Fields() {}

    static MillraceException wrong(String at, String expected) {
        return MillraceException.invalid(at + ": " + expected + " is expected");
    }

    static ObjectNode object(@Nullable JsonNode value, String at) {
        if (value instanceof ObjectNode object) {
            return object;
        }
        throw wrong(at, "an object");
    }

    static ArrayNode array(@Nullable JsonNode value, String at) {
        if (value instanceof ArrayNode array) {
            return array;
        }
        throw wrong(at, "a list");
    }

    static String text(ObjectNode parent, String key, String at) {
        JsonNode value = parent.get(key);
        if (value == null || !value.isTextual()) {
            throw wrong(at + "." + key, "a text");
        }
        return value.textValue();
    }

    static @Nullable String optionalText(ObjectNode parent, String key, String at) {
        return absent(parent, key) ? null : text(parent, key, at);
    }

    static String stepName(ObjectNode parent, String key, String at) {
        String name = text(parent, key, at);
        if (!Step.NAME.matcher(name).matches()) {
            throw wrong(at + "." + key, "a step name of letters, digits and _, not beginning with a digit,");
        }
        return name;
    }

    static List<String> texts(ObjectNode parent, String key, String at) {
        var texts = new ArrayList<String>();
        for (JsonNode item : array(parent.get(key), at + "." + key)) {
            if (!item.isTextual()) {
                throw wrong(at + "." + key, "a list of texts");
            }
            texts.add(item.textValue());
        }
        return List.copyOf(texts);
    }

    static boolean bool(ObjectNode parent, String key, String at) {
        JsonNode value = parent.get(key);
        if (value == null || !value.isBoolean()) {
            throw wrong(at + "." + key, "true or false");
        }
        return value.booleanValue();
    }

    /** A whole number from 0 on; place and size limits are checked by its user. */
    static int index(ObjectNode parent, String key, String at) {
        JsonNode value = parent.get(key);
        if (value == null || !value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw wrong(at + "." + key, "an index from 0 on");
        }
        return value.intValue();
    }

    static @Nullable Integer optionalIndex(ObjectNode parent, String key, String at) {
        return absent(parent, key) ? null : Integer.valueOf(index(parent, key, at));
    }

    static boolean absent(ObjectNode parent, String key) {
        JsonNode value = parent.get(key);
        return value == null || value.isNull();
    }

    static void copyText(ObjectNode from, String key, ObjectNode to, String at) {
        if (!absent(from, key)) {
            to.put(key, text(from, key, at));
        }
    }

    static void copyBoolean(ObjectNode from, String key, ObjectNode to, String at) {
        if (!absent(from, key)) {
            to.put(key, bool(from, key, at));
        }
    }
}
