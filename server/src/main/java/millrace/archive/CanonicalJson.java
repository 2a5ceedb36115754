package millrace.archive;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import millrace.engine.Json;

/**
 * The one form of a JSON document that all databases agree on: keys sorted, numbers without an exponent, no blanks.
 * PostgreSQL's jsonb keeps neither the order of keys nor the spelling of numbers.
 */
final class CanonicalJson {
    private CanonicalJson() {}

    static byte[] of(byte[] document) {
        JsonNode tree;
        try {
            tree = Json.readStored(document);
        } catch (IllegalArgumentException e) {
            // What is no JSON stands for itself.
            return document;
        }
        return RowBuffer.utf8(written(tree, document.length));
    }

    /** A list or object that has been begun; the names of a list's entries are empty. */
    private record Begun(boolean object, Iterator<Map.Entry<String, JsonNode>> rest) {}

    /** Not recursive: a flow of 5,000 steps is nested that deep, and a thread's stack is not. */
    private static String written(JsonNode tree, int length) {
        var text = new StringBuilder(length);
        var begun = new ArrayDeque<Begun>();
        begin(tree, text, begun);
        while (!begun.isEmpty()) {
            var inner = begun.peek();
            if (!inner.rest().hasNext()) {
                text.append(inner.object() ? '}' : ']');
                begun.pop();
                continue;
            }
            var entry = inner.rest().next();
            var last = text.charAt(text.length() - 1);
            if (last != '{' && last != '[') {
                text.append(',');
            }
            if (inner.object()) {
                text.append(Json.text(Json.object().textNode(entry.getKey()))).append(':');
            }
            begin(entry.getValue(), text, begun);
        }
        return text.toString();
    }

    /** A value that holds nothing is written whole. */
    private static void begin(JsonNode node, StringBuilder text, ArrayDeque<Begun> begun) {
        if (node.isObject()) {
            text.append('{');
            var sorted = new TreeMap<String, JsonNode>();
            node.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            begun.push(new Begun(true, sorted.entrySet().iterator()));
        } else if (node.isArray()) {
            text.append('[');
            begun.push(new Begun(
                    false,
                    StreamSupport.stream(node.spliterator(), false)
                            .map(element -> Map.entry("", element))
                            .iterator()));
        } else if (node.isNumber()) {
            text.append(node.decimalValue().toPlainString());
        } else {
            text.append(Json.text(node));
        }
    }
}
