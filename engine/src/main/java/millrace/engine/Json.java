package millrace.engine;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * The one JSON mapper for what users make. Numbers keep their digits (integers of any length, decimals with their
 * scale); of duplicate keys the last wins; depth 200, numbers of 1,000 digits and names of 50,000 characters are the
 * limits while reading (reference/clarifications).
 */
public final class Json {
    /** Deepest nesting that is read. */
    public static final int MAX_DEPTH = 200;

    /**
     * What we have written ourselves may be nested deeper than what comes in, since a document holds values and each step
     * of a flow the next: a flow of 5,000 steps is nested that deep.
     */
    private static final int MAX_STORED_DEPTH = 10_000;

    public static final JsonMapper MAPPER = mapper(StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH)
            .maxNumberLength(1_000)
            .maxStringLength(Integer.MAX_VALUE)
            .build());

    /** For flow documents from outside, in which each step holds the next. */
    public static final int MAX_DOCUMENT_DEPTH = 5_500;

    public static final JsonMapper DOCUMENTS = mapper(StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DOCUMENT_DEPTH)
            .maxNumberLength(1_000)
            .maxStringLength(Integer.MAX_VALUE)
            .build());

    /** For what {@link #MAPPER} has written, however deep. */
    static final JsonMapper STORED = mapper(StreamReadConstraints.builder()
            .maxNestingDepth(MAX_STORED_DEPTH)
            .maxNumberLength(Integer.MAX_VALUE)
            .maxNameLength(Integer.MAX_VALUE)
            .maxStringLength(Integer.MAX_VALUE)
            .build());

    private Json() {}

    private static JsonMapper mapper(StreamReadConstraints limits) {
        return JsonMapper.builder(new com.fasterxml.jackson.core.JsonFactoryBuilder()
                        .streamReadConstraints(limits)
                        .streamWriteConstraints(StreamWriteConstraints.builder()
                                .maxNestingDepth(MAX_STORED_DEPTH)
                                .build())
                        .build())
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
                .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
                .addModule(new SimpleModule().addSerializer(JsonNode.class, new TreeWriter()))
                .build();
    }

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    public static ArrayNode array() {
        return MAPPER.createArrayNode();
    }

    /**
     * Reads text from outside, within the limits.
     *
     * @throws IllegalArgumentException for what is no JSON or over a limit; its message says which, in one line
     */
    public static JsonNode read(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw broken(e);
        }
    }

    /** The same for bytes in UTF-8. */
    public static JsonNode read(byte[] bytes) {
        return read(MAPPER, bytes);
    }

    /** Reads what {@link #bytes} has written, however deep. */
    public static JsonNode readStored(byte[] bytes) {
        return read(STORED, bytes);
    }

    /** Reads what {@link #write} has written, however deep. */
    public static JsonNode readStored(InputStream in) {
        try {
            return STORED.readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether lists and objects are nested more than {@code depth} deep. Stops there, however deep they go on. */
    public static boolean deeperThan(JsonNode value, int depth) {
        if (!value.isContainerNode()) {
            return false;
        }
        if (depth == 0) {
            return true;
        }
        for (var inner : value) {
            if (deeperThan(inner, depth - 1)) {
                return true;
            }
        }
        return false;
    }

    /** The lines after the first tell a place in a source that is not shown. */
    private static IllegalArgumentException broken(JsonProcessingException e) {
        return new IllegalArgumentException(
                e.getOriginalMessage().lines().findFirst().orElse(""), e);
    }

    private static JsonNode read(JsonMapper mapper, byte[] bytes) {
        try {
            return mapper.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw broken(e);
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** Compact text, as JavaScript's JSON.stringify would lay it out. */
    public static String text(JsonNode value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree could not be written", e);
        }
    }

    public static byte[] bytes(JsonNode value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a JSON tree could not be written", e);
        }
    }

    /** Writes what {@link #bytes} would give, without making it; leaves the stream open. */
    public static void write(JsonNode value, OutputStream out) throws IOException {
        try (var json = MAPPER.getFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            MAPPER.writeTree(json, value);
        }
    }

    /** How many bytes {@link #bytes} would give, without making them; 0 for null. */
    public static long size(@Nullable JsonNode value) {
        if (value == null) {
            return 0;
        }
        try (var count = new Count()) {
            MAPPER.writeValue(count, value);
            return count.bytes;
        } catch (IOException e) {
            throw new IllegalStateException("a JSON tree could not be written", e);
        }
    }

    private static final class Count extends OutputStream {
        private long bytes;

        @Override
        public void write(int one) {
            bytes++;
        }

        @Override
        public void write(byte[] some, int from, int length) {
            bytes += length;
        }
    }
}
