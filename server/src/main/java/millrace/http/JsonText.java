package millrace.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * JSON from outside. Depth 200, numbers of 1,000 digits and 100,000 keys are the limits while it is read; text that is
 * not Unicode (bytes that are not UTF-8, lone surrogates) is refused by the name of its field; NUL and keys such as
 * {@code __proto__} are data; of duplicate keys the last wins (reference/clarifications).
 */
public final class JsonText {
    private static final int MAX_KEYS = 100_000;
    /** In documents of flows: 5,000 steps have some twenty keys each, and their inputs. */
    private static final int MAX_DOCUMENT_KEYS = 1_000_000;

    /** Stands for bytes that are not UTF-8 until the field is found. No valid text holds it. */
    private static final char BROKEN = '\uDFFF';

    private JsonText() {}

    /**
     * Reads any JSON value.
     *
     * @throws RuntimeException that the kernel answers with 400 and the framework's body
     */
    public static JsonNode read(byte[] bytes) {
        return read(bytes, Json.MAX_DEPTH);
    }

    private static JsonNode read(byte[] bytes, int maxDepth) {
        if (bytes.length == 0) {
            throw BadRequest.of("Body cannot be empty when content-type is set to 'application/json'");
        }
        boolean mayBeBroken = false;
        JsonNode tree;
        if (isAscii(bytes)) {
            mayBeBroken = hasSurrogateEscape(bytes);
            tree = parse(new ParserSource(bytes, null, maxDepth));
        } else {
            var text = decode(bytes);
            mayBeBroken = true;
            tree = parse(new ParserSource(bytes, text, maxDepth));
        }
        if (mayBeBroken) {
            var field = brokenField(tree, "body");
            if (field != null) {
                throw BadRequest.of(field + " must be valid Unicode text");
            }
        }
        return tree;
    }

    /** Reads a JSON object nested at most so deep; anything else is refused. */
    static ObjectNode readObject(byte[] bytes, int maxDepth) {
        if (read(bytes, maxDepth) instanceof ObjectNode object) {
            return object;
        }
        throw BadRequest.of("body must be object");
    }

    private static JsonNode parse(ParserSource source) {
        try (var parser = new CountingParser(source.open(), source.document() ? MAX_DOCUMENT_KEYS : MAX_KEYS)) {
            JsonNode tree = Json.MAPPER.readTree(parser);
            if (tree == null || tree.isMissingNode()) {
                throw BadRequest.of("Body is not valid JSON but content-type is set to 'application/json'");
            }
            if (parser.nextToken() != null) {
                throw BadRequest.of("Body is not valid JSON: text after the end of the value");
            }
            return tree;
        } catch (JsonProcessingException e) {
            throw BadRequest.of(
                    "Body is not valid JSON: " + e.getOriginalMessage().replaceAll("\\s+", " "));
        } catch (IOException e) {
            throw BadRequest.of("Body is not valid JSON");
        }
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    /** Only the escapes \\uD800 to \\uDFFF can make a lone surrogate; most bodies have none and need no second look. */
    private static boolean hasSurrogateEscape(byte[] bytes) {
        for (int i = 0; i + 2 < bytes.length; i++) {
            if (bytes[i] == '\\' && bytes[i + 1] == 'u' && (bytes[i + 2] | 0x20) == 'd') {
                return true;
            }
        }
        return false;
    }

    private static String decode(byte[] bytes) {
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(bytes.length);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        while (true) {
            var result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            in.position(in.position() + result.length());
            out.put(BROKEN);
            decoder.reset();
        }
    }

    /**
     * The path of the first text with a lone surrogate, null when all is well. Made on the way back: documents are nested
     * thousands deep.
     */
    private static @Nullable String brokenField(JsonNode node, String name) {
        if (node.isTextual()) {
            return isUnicode(node.textValue()) ? null : name;
        }
        if (node.isObject()) {
            for (var entry : node.properties()) {
                if (!isUnicode(entry.getKey())) {
                    return "a key of " + name;
                }
                var found = brokenField(entry.getValue(), entry.getKey());
                if (found != null) {
                    return below(name, found);
                }
            }
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                var found = brokenField(node.get(i), Integer.toString(i));
                if (found != null) {
                    return below(name, found);
                }
            }
        }
        return null;
    }

    private static String below(String name, String found) {
        var key = "a key of ";
        return found.startsWith(key) ? key + name + "/" + found.substring(key.length()) : name + "/" + found;
    }

    static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean paired = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!paired) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private record ParserSource(byte[] bytes, @Nullable String text, int maxDepth) {
        /** Whether it may be deeper than other bodies: then it is a document of a flow. */
        boolean document() {
            return maxDepth > Json.MAX_DEPTH;
        }

        JsonParser open() throws IOException {
            var mapper = document() ? Json.DOCUMENTS : Json.MAPPER;
            return text == null
                    ? mapper.getFactory().createParser(bytes)
                    : mapper.getFactory().createParser(text);
        }
    }

    /** Counts keys over the whole document. */
    private static final class CountingParser extends JsonParserDelegate {
        private final int maxKeys;
        private int keys;

        private CountingParser(JsonParser parser, int maxKeys) {
            super(parser);
            this.maxKeys = maxKeys;
        }

        @Override
        public @Nullable JsonToken nextToken() throws IOException {
            var token = super.nextToken();
            if (token == JsonToken.FIELD_NAME) {
                count();
            }
            return token;
        }

        @Override
        public @Nullable String nextFieldName() throws IOException {
            // The delegate's own would come here by nextToken, or not, depending on its release.
            return nextToken() == JsonToken.FIELD_NAME ? currentName() : null;
        }

        private void count() {
            keys++;
            if (keys > maxKeys) {
                throw BadRequest.of(String.format(Locale.ROOT, "Body has more than %,d keys", maxKeys));
            }
        }
    }
}
