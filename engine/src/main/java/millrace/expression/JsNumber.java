package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Numbers as JavaScript converts and prints them (ECMA-262, StringToNumber and Number::toString). */
final class JsNumber {
    private JsNumber() {}

    /** {@code Number(value)}; null stands for undefined. */
    static double of(@Nullable JsonNode value) {
        if (value == null) {
            return Double.NaN;
        }
        return switch (value.getNodeType()) {
            case NUMBER -> value.doubleValue();
            case BOOLEAN -> value.booleanValue() ? 1 : 0;
            case NULL -> 0;
            case STRING -> parse(value.textValue());
            case ARRAY -> parse(JsString.primitive(value));
            default -> Double.NaN;
        };
    }

    /** {@code Number(text)}. */
    static double parse(String text) {
        String trimmed = JsString.trim(text);
        int length = trimmed.length();
        if (length == 0) {
            return 0;
        }
        if (length > 2 && trimmed.charAt(0) == '0') {
            int radix = switch (trimmed.charAt(1)) {
                case 'x', 'X' -> 16;
                case 'o', 'O' -> 8;
                case 'b', 'B' -> 2;
                default -> 0;
            };
            if (radix != 0) {
                return parseInteger(trimmed, radix);
            }
        }
        return isDecimal(trimmed) ? Double.parseDouble(trimmed) : infinity(trimmed);
    }

    private static double parseInteger(String text, int radix) {
        for (int i = 2; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 128 || Character.digit(c, radix) < 0) {
                return Double.NaN;
            }
        }
        return new BigInteger(text.substring(2), radix).doubleValue();
    }

    private static double infinity(String text) {
        return switch (text) {
            case "Infinity", "+Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> Double.NaN;
        };
    }

    /** Sign, digits with at most one dot, exponent; Java's own parser takes more than that. */
    private static boolean isDecimal(String text) {
        int i = 0;
        int length = text.length();
        if (text.charAt(0) == '+' || text.charAt(0) == '-') {
            i++;
        }
        int start = i;
        i = digits(text, i);
        int count = i - start;
        if (i < length && text.charAt(i) == '.') {
            int fraction = i + 1;
            i = digits(text, fraction);
            count += i - fraction;
        }
        if (count == 0) {
            return false;
        }
        if (i < length && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
            i++;
            if (i < length && (text.charAt(i) == '+' || text.charAt(i) == '-')) {
                i++;
            }
            int exponent = i;
            i = digits(text, i);
            if (i == exponent) {
                return false;
            }
        }
        return i == length;
    }

    private static int digits(String text, int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
            i++;
        }
        return i;
    }

    /** The number as JavaScript prints it. */
    static String text(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "Infinity" : "-Infinity";
        }
        if (number == 0) {
            return "0";
        }
        if (number == Math.rint(number) && Math.abs(number) < 1e15) {
            return Long.toString((long) number);
        }
        // Double.toString gives the shortest digits that read back as the same number, as JavaScript does.
        var decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        var text = new StringBuilder();
        if (number < 0) {
            text.append('-');
        }
        String digits = decimal.unscaledValue().abs().toString();
        int point = decimal.precision() - decimal.scale();
        if (point > 21 || point <= -6) {
            text.append(digits.charAt(0));
            if (digits.length() > 1) {
                text.append('.').append(digits, 1, digits.length());
            }
            return text.append('e')
                    .append(point - 1 < 0 ? '-' : '+')
                    .append(Math.abs(point - 1))
                    .toString();
        }
        return text.append(decimal.abs().toPlainString()).toString();
    }
}
