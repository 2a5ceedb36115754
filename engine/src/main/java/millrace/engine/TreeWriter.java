package millrace.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/**
 * Writes JSON trees however deep they are: a flow of 5,000 steps is nested that deep, and a thread's stack is not. What
 * lies below {@link #RECURSE} levels is written without recursion, which is slower.
 */
final class TreeWriter extends StdSerializer<JsonNode> {
    private static final long serialVersionUID = 1;
    private static final int RECURSE = 250;

    TreeWriter() {
        super(JsonNode.class);
    }

    @Override
    public void serialize(JsonNode tree, JsonGenerator out, SerializerProvider provider) throws IOException {
        write(tree, out, provider, 0);
    }

    private static void write(JsonNode node, JsonGenerator out, SerializerProvider provider, int depth)
            throws IOException {
        if (!node.isContainerNode()) {
            node.serialize(out, provider);
        } else if (depth > RECURSE) {
            try (var parser = node.traverse()) {
                parser.nextToken();
                out.copyCurrentStructure(parser);
            }
        } else if (node.isObject()) {
            out.writeStartObject();
            for (var field : node.properties()) {
                out.writeFieldName(field.getKey());
                write(field.getValue(), out, provider, depth + 1);
            }
            out.writeEndObject();
        } else {
            out.writeStartArray();
            for (var item : node) {
                write(item, out, provider, depth + 1);
            }
            out.writeEndArray();
        }
    }
}
