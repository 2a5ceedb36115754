package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;

/** Text as JavaScript trims it and makes it of other values. */
final class JsString {
    private JsString() {}

    /** White space and line ends of ECMA-262. */
    static boolean isSpace(char c) {
        return switch (c) {
            case '\t', '\n', 0x0b, '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff ->
                true;
            default -> c >= 0x2000 && c <= 0x200a;
        };
    }

    /** {@code text.trim()}. */
    static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    /** {@code String(value)} of a JSON value. */
    static String primitive(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> value.textValue();
            case NUMBER -> JsNumber.text(value.doubleValue());
            case BOOLEAN -> value.booleanValue() ? "true" : "false";
            case ARRAY -> {
                var text = new StringBuilder();
                for (int i = 0; i < value.size(); i++) {
                    if (i > 0) {
                        text.append(',');
                    }
                    if (!value.get(i).isNull()) {
                        text.append(primitive(value.get(i)));
                    }
                }
                yield text.toString();
            }
            case OBJECT -> "[object Object]";
            default -> "null";
        };
    }
}
