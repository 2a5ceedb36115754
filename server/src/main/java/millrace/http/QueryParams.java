package millrace.http;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The query of a request, decoded. What does not fit a getter's type is a 400 that names the parameter. */
public final class QueryParams {
    private static final int MAX_PARAMETERS = 1_000;

    private final Map<String, List<String>> values;

    private QueryParams(Map<String, List<String>> values) {
        this.values = values;
    }

    /** @throws BadRequest for bad percent signs and bytes that are not UTF-8 */
    static QueryParams strict(String rawQuery) {
        return new QueryParams(parse(rawQuery, true));
    }

    /** For queries of third parties: bad percent signs stay as they are, bytes that are not UTF-8 become U+FFFD. */
    public static QueryParams lenient(String rawQuery) {
        return new QueryParams(parse(rawQuery, false));
    }

    /** All values by name, in the order of the query. */
    public Map<String, List<String>> all() {
        return Collections.unmodifiableMap(values);
    }

    /** The last value; null when it is absent. */
    public @Nullable String text(String name) {
        var list = values.get(name);
        return list == null ? null : list.getLast();
    }

    /** All values of a repeated key; empty when it is absent. */
    public List<String> list(String name) {
        return Collections.unmodifiableList(values.getOrDefault(name, List.of()));
    }

    /** An id; null when it is absent. */
    public @Nullable String id(String name) {
        var text = text(name);
        return text == null ? null : checkedId(name, text);
    }

    /** Ids of a repeated key; empty when it is absent. */
    public List<String> ids(String name) {
        return list(name).stream().map(text -> checkedId(name, text)).toList();
    }

    /** True or false; null for anything else. */
    public @Nullable Boolean bool(String name) {
        return switch (text(name)) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            case null, default -> null;
        };
    }

    /** A whole number; null when it is absent. */
    public @Nullable Integer number(String name) {
        var text = text(name);
        try {
            return text == null ? null : Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw BadRequest.of("querystring/" + name + " must be number");
        }
    }

    /** A moment in ISO 8601; null when it is absent. */
    public @Nullable Instant instant(String name) {
        var text = text(name);
        var moment = text == null ? null : Moment.parse(text);
        if (text != null && moment == null) {
            throw BadRequest.of("querystring/" + name + " must be an ISO 8601 date-time");
        }
        return moment;
    }

    /** One of an enum's names; null when it is absent. */
    public <E extends Enum<E>> @Nullable E choice(String name, Class<E> type) {
        var text = text(name);
        return text == null ? null : constant(name, text, type);
    }

    /** Some of an enum's names; empty when it is absent. */
    public <E extends Enum<E>> List<E> choices(String name, Class<E> type) {
        return list(name).stream().map(text -> constant(name, text, type)).toList();
    }

    /**
     * Limit and cursor.
     *
     * @param defaultLimit when no limit is sent
     * @param maxLimit a higher limit gives pages of this size
     */
    public PageRequest page(int defaultLimit, int maxLimit) {
        var limit = number("limit");
        if (limit != null && limit < 1) {
            throw BadRequest.of("querystring/limit must be >= 1");
        }
        var cursor = text("cursor");
        return new PageRequest(
                Math.min(limit == null ? defaultLimit : limit, maxLimit), cursor == null ? null : Cursor.parse(cursor));
    }

    private static String checkedId(String name, String text) {
        if (!Ident.valid(text)) {
            throw BadRequest.of("querystring/" + name + " must be an id of 21 characters 0-9A-Za-z");
        }
        return text;
    }

    private static <E extends Enum<E>> E constant(String name, String text, Class<E> type) {
        for (var constant : type.getEnumConstants()) {
            if (constant.name().equals(text)) {
                return constant;
            }
        }
        throw BadRequest.of("querystring/" + name + " must be equal to one of the allowed values: "
                + String.join(
                        ", ",
                        Arrays.stream(type.getEnumConstants()).map(Enum::name).toList()));
    }

    private static Map<String, List<String>> parse(String rawQuery, boolean strict) {
        if (rawQuery.isEmpty()) {
            return Map.of();
        }
        var values = new LinkedHashMap<String, List<String>>();
        int count = 0;
        for (int from = 0; from <= rawQuery.length(); ) {
            int and = rawQuery.indexOf('&', from);
            int end = and < 0 ? rawQuery.length() : and;
            if (end > from && ++count <= MAX_PARAMETERS) {
                int equals = rawQuery.indexOf('=', from);
                boolean bare = equals < 0 || equals > end;
                var name = decode(rawQuery.substring(from, bare ? end : equals), strict);
                var value = bare ? "" : decode(rawQuery.substring(equals + 1, end), strict);
                values.computeIfAbsent(name, n -> new ArrayList<>(1)).add(value);
            }
            from = end + 1;
        }
        return values;
    }

    private static String decode(String text, boolean strict) {
        if (!strict) {
            return Percent.lenient(text, true);
        }
        var decoded = Percent.strict(text, true);
        if (decoded == null) {
            throw BadRequest.of("querystring is not well-formed");
        }
        return decoded;
    }
}
