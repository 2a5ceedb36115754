package millrace.archive;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.TreeMap;

/**
 * The one form of a JSON document that all databases agree on: keys sorted, numbers without an exponent, no blanks.
 * PostgreSQL's jsonb keeps neither the order of keys nor the spelling of numbers.
 */
final class CanonicalJson {
    private static final JsonMapper MAPPER = JsonMapper.builder(new JsonFactoryBuilder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(10_000)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(10_000)
                            .build())
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .build();

    private CanonicalJson() {}

    static byte[] of(byte[] document) {
        try {
            var text = new StringBuilder(document.length);
            write(MAPPER.readTree(document), text);
            return RowBuffer.utf8(text.toString());
        } catch (IOException e) {
            // What is no JSON stands for itself.
            return document;
        }
    }

    private static void write(JsonNode node, StringBuilder text) throws IOException {
        if (node.isObject()) {
            var sorted = new TreeMap<String, JsonNode>();
            node.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            char before = '{';
            for (var field : sorted.entrySet()) {
                text.append(before)
                        .append(MAPPER.writeValueAsString(field.getKey()))
                        .append(':');
                write(field.getValue(), text);
                before = ',';
            }
            text.append(sorted.isEmpty() ? "{}" : "}");
        } else if (node.isArray()) {
            char before = '[';
            for (var element : node) {
                text.append(before);
                write(element, text);
                before = ',';
            }
            text.append(node.isEmpty() ? "[]" : "]");
        } else if (node.isNumber()) {
            text.append(node.decimalValue().toPlainString());
        } else {
            text.append(MAPPER.writeValueAsString(node));
        }
    }
}
