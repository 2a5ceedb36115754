package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers between JavaScript's rules and JSON. */
public final class JsNumber {
    private static final Pattern DECIMAL = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,4})?");
    private static final Pattern BASED = Pattern.compile("0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)");
    private static final int MAX_DIGITS = 1_000;
    /** From here on JavaScript prints an exponent. */
    private static final double PLAIN_BELOW = 1e21;

    private JsNumber() {}

    /** A double as {@code JSON.stringify} has it: whole without a fraction, what is no number as null. */
    public static JsonNode json(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return NullNode.getInstance();
        }
        if (value == Math.rint(value) && Math.abs(value) < (double) (1L << 53)) {
            return whole((long) value);
        }
        var exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        if (value == Math.rint(value) && Math.abs(value) < PLAIN_BELOW) {
            return BigIntegerNode.valueOf(exact.toBigIntegerExact());
        }
        return DecimalNode.valueOf(exact);
    }

    /** {@code Number(text)} with all digits kept; null for NaN and the infinities. Blank text is 0. */
    public static @Nullable JsonNode parse(String text) {
        var trimmed = text.strip();
        if (trimmed.isEmpty()) {
            return whole(0);
        }
        if (trimmed.length() > MAX_DIGITS) {
            return null;
        }
        if (BASED.matcher(trimmed).matches()) {
            var radix = switch (Character.toLowerCase(trimmed.charAt(1))) {
                case 'x' -> 16;
                case 'o' -> 8;
                default -> 2;
            };
            return whole(new BigInteger(trimmed.substring(2), radix));
        }
        if (!DECIMAL.matcher(trimmed).matches()) {
            return null;
        }
        var number = new BigDecimal(trimmed).stripTrailingZeros();
        if (Double.isInfinite(number.doubleValue())) {
            return null;
        }
        // A large positive exponent stays a decimal: written out it would be hundreds of zeros.
        var plain = number.signum() == 0 || (number.scale() <= 0 && number.scale() > -22);
        return plain ? whole(number.toBigInteger()) : DecimalNode.valueOf(number);
    }

    private static JsonNode whole(BigInteger value) {
        return value.bitLength() < Long.SIZE ? whole(value.longValue()) : BigIntegerNode.valueOf(value);
    }

    /** The node that reading the number's text would give, so that a journalled value equals the fresh one. */
    private static JsonNode whole(long value) {
        return (int) value == value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }
}
