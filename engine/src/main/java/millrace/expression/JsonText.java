package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Map;

/**
 * JSON as {@code JSON.stringify} lays it out: compact, its escapes, keys that are array indexes first and ascending.
 * Only numbers differ: they keep their digits (design §11), because no JavaScript has touched them.
 */
final class JsonText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();
    private static final long MAX_INDEX = 4_294_967_294L;

    private JsonText() {}

    static String of(JsonNode value) {
        if (value.isBoolean()) {
            return value.booleanValue() ? "true" : "false";
        }
        var text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    static void append(StringBuilder text, JsonNode value) {
        switch (value.getNodeType()) {
            case STRING -> appendString(text, value.textValue());
            case NUMBER -> appendNumber(text, value);
            case BOOLEAN -> text.append(value.booleanValue());
            case OBJECT -> appendObject(text, value);
            case ARRAY -> appendArray(text, value);
            default -> text.append("null");
        }
    }

    private static void appendArray(StringBuilder text, JsonNode array) {
        text.append('[');
        for (int i = 0; i < array.size(); i++) {
            if (i > 0) {
                text.append(',');
            }
            append(text, array.get(i));
        }
        text.append(']');
    }

    private static void appendObject(StringBuilder text, JsonNode object) {
        boolean indexes = false;
        for (var entry : object.properties()) {
            indexes |= isIndex(entry.getKey());
        }
        text.append('{');
        int start = text.length();
        if (indexes) {
            var first = new ArrayList<Map.Entry<String, JsonNode>>();
            for (var entry : object.properties()) {
                if (isIndex(entry.getKey())) {
                    first.add(entry);
                }
            }
            first.sort(Comparator.comparingLong(entry -> Long.parseLong(entry.getKey())));
            first.forEach(entry -> appendEntry(text, start, entry));
        }
        for (var entry : object.properties()) {
            if (!indexes || !isIndex(entry.getKey())) {
                appendEntry(text, start, entry);
            }
        }
        text.append('}');
    }

    private static void appendEntry(StringBuilder text, int start, Map.Entry<String, JsonNode> entry) {
        if (text.length() > start) {
            text.append(',');
        }
        appendString(text, entry.getKey());
        text.append(':');
        append(text, entry.getValue());
    }

    /** True for the keys that JavaScript orders as array indexes: canonical integers below 2^32 - 1. */
    private static boolean isIndex(String key) {
        int length = key.length();
        if (length == 0 || length > 10 || (key.charAt(0) == '0' && length > 1)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = key.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
        }
        return length < 10 || Long.parseLong(key) <= MAX_INDEX;
    }

    static void appendNumber(StringBuilder text, JsonNode number) {
        switch (number.numberType()) {
            case INT, LONG -> text.append(number.longValue());
            case BIG_INTEGER -> text.append(number.bigIntegerValue());
            case FLOAT, DOUBLE -> text.append(JsNumber.text(number.doubleValue()));
            case BIG_DECIMAL -> appendDecimal(text, number.decimalValue());
        }
    }

    /** Digits as they are; an exponent only where JavaScript prints one too. */
    private static void appendDecimal(StringBuilder text, BigDecimal number) {
        int magnitude = number.precision() - number.scale();
        if (number.signum() == 0 ? Math.abs(number.scale()) <= 21 : magnitude <= 21 && magnitude > -6) {
            text.append(number.toPlainString());
            return;
        }
        String digits = number.unscaledValue().abs().toString();
        if (number.signum() < 0) {
            text.append('-');
        }
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        int exponent = magnitude - 1;
        text.append('e').append(exponent < 0 ? '-' : '+').append(Math.abs((long) exponent));
    }

    static void appendString(StringBuilder text, String value) {
        text.append('"');
        int copied = 0;
        int length = value.length();
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c >= ' ' && c != '"' && c != '\\' && !Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(value.charAt(i + 1))) {
                i++;
                continue;
            }
            text.append(value, copied, i);
            copied = i + 1;
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default ->
                    text.append("\\u")
                            .append(HEX[c >> 12])
                            .append(HEX[(c >> 8) & 15])
                            .append(HEX[(c >> 4) & 15])
                            .append(HEX[c & 15]);
            }
        }
        text.append(value, copied, length).append('"');
    }
}
