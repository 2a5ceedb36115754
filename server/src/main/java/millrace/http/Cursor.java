package millrace.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * A place in an ordered list and a direction; opaque to clients, in the encoding of reference/data-model §5.
 *
 * @param backwards the rows before the place are asked for
 * @param keys the order keys by name, as text; moments in full precision
 */
public record Cursor(boolean backwards, Map<String, String> keys) {
    private static final String NEXT = "next_";
    private static final String PREVIOUS = "prev_";
    private static final int MAX_LENGTH = 4_096;

    /** Microseconds, as PostgreSQL prints them: {@code 2026-01-02 03:04:05.678901+00}. */
    private static final DateTimeFormatter MOMENT = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendOffset("+HHmm", "+00")
            .toFormatter()
            .withZone(ZoneOffset.UTC);

    private static final DateTimeFormatter WRITTEN_MOMENT = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss.SSSSSS")
            .appendLiteral("+00")
            .toFormatter()
            .withZone(ZoneOffset.UTC);

    public Cursor {
        keys = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(keys));
    }

    /** The order keys of one row, most significant first. */
    public static final class Keys {
        private final Map<String, String> values = new LinkedHashMap<>();

        /** The usual order: a moment, then the id. */
        public static Keys of(String momentKey, Instant moment, String id) {
            return new Keys().moment(momentKey, moment).text("id", id);
        }

        public Keys moment(String key, Instant value) {
            values.put(key, WRITTEN_MOMENT.format(value));
            return this;
        }

        public Keys text(String key, String value) {
            values.put(key, value);
            return this;
        }
    }

    static String next(Keys keys) {
        return encode(NEXT, keys);
    }

    static String previous(Keys keys) {
        return encode(PREVIOUS, keys);
    }

    /** Null for text that is no cursor: a bad cursor is ignored, the first page comes. */
    static @Nullable Cursor parse(String text) {
        if (text.length() > MAX_LENGTH) {
            return null;
        }
        var outer = base64(text);
        int underscore = outer == null ? -1 : outer.indexOf('_');
        if (outer == null || underscore < 0) {
            return null;
        }
        var inner = base64(outer.substring(underscore + 1));
        var keys = inner == null ? null : keys(inner);
        return keys == null || keys.isEmpty() ? null : new Cursor(!outer.startsWith(NEXT), keys);
    }

    /** The moment of an order key; null when the cursor has none that can be read. */
    public @Nullable Instant moment(String key) {
        var text = keys.get(key);
        if (text == null) {
            return null;
        }
        try {
            return Moment.within(MOMENT.parse(text, Instant::from));
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The text of an order key; null when the cursor has none ({@code id} in cursors of older releases). */
    public @Nullable String text(String key) {
        return keys.get(key);
    }

    private static String encode(String direction, Keys keys) {
        var inner = Json.object();
        keys.values.forEach(inner::put);
        return base64Of(direction + base64Of(Json.text(inner)));
    }

    private static @Nullable Map<String, String> keys(String inner) {
        if (inner.startsWith("{")) {
            try {
                if (!(Json.read(inner) instanceof ObjectNode object)) {
                    return null;
                }
                var keys = new LinkedHashMap<String, String>();
                object.properties()
                        .forEach(entry ->
                                keys.put(entry.getKey(), entry.getValue().asText()));
                return keys;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
        // Older releases: created:<epoch millis>.
        int colon = inner.indexOf(':');
        try {
            return colon < 0
                    ? null
                    : Map.of(
                            inner.substring(0, colon),
                            WRITTEN_MOMENT.format(Instant.ofEpochMilli(Long.parseLong(inner.substring(colon + 1)))));
        } catch (NumberFormatException | DateTimeException e) {
            return null;
        }
    }

    private static String base64Of(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static @Nullable String base64(String text) {
        try {
            return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
