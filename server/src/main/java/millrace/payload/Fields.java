package millrace.payload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;
import millrace.engine.MillraceException;

/** Named texts in the order sent; a repeated name becomes a list. */
final class Fields {
    private static final int MAX = 100_000;

    private final ObjectNode values = Json.object();
    private int count;

    void add(String name, String value) {
        if (++count > MAX) {
            throw MillraceException.invalid("body has more than 100,000 keys");
        }
        switch (values.get(name)) {
            case null -> values.put(name, value);
            case ArrayNode list -> list.add(value);
            case JsonNode first -> values.putArray(name).add(first).add(value);
        }
    }

    ObjectNode json() {
        return values;
    }

    /** An urlencoded form. */
    static ObjectNode ofForm(byte[] bytes) {
        var fields = new Fields();
        for (var from = 0; from <= bytes.length; ) {
            var end = indexOf(bytes, '&', from, bytes.length);
            if (end > from) {
                var equals = indexOf(bytes, '=', from, end);
                var name = Text.ofForm(bytes, from, equals);
                if (name == null) {
                    throw MillraceException.invalid("a key of body must be valid UTF-8 text");
                }
                var value = Text.ofForm(bytes, Math.min(equals + 1, end), end);
                if (value == null) {
                    throw MillraceException.invalid("body/" + name + " must be valid UTF-8 text");
                }
                fields.add(name, value);
            }
            from = end + 1;
        }
        return fields.json();
    }

    private static int indexOf(byte[] bytes, char sought, int from, int to) {
        for (var i = from; i < to; i++) {
            if (bytes[i] == sought) {
                return i;
            }
        }
        return to;
    }
}
