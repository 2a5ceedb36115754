package millrace.nativepiece;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import millrace.engine.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * A condition on one field of a record (reference/rest-api §12.3). Only {@code not_exists} matches a record that has no
 * cell for the field.
 *
 * @param value unused by {@code exists} and {@code not_exists}
 */
public record RecordFilter(ProjectTables.Field field, Operator operator, String value) {
    /** Spelled as the API spells them, in lower case. */
    public enum Operator {
        EQ,
        NEQ,
        GT,
        GTE,
        LT,
        LTE,
        CO,
        EXISTS,
        NOT_EXISTS
    }

    private static final Pattern LEADING_NUMBER =
            Pattern.compile("\\s*([+-]?(\\d{1,1000}\\.?\\d{0,1000}|\\.\\d{1,1000})([eE][+-]?\\d{1,3})?)");

    /** @param cell null when the record has no cell for the field */
    public boolean matches(@Nullable String cell) {
        if (cell == null) {
            return operator == Operator.NOT_EXISTS;
        }
        return switch (operator) {
            case EQ -> cell.equals(value);
            case NEQ -> !cell.equals(value);
            case GT -> compares(cell, order -> order > 0);
            case GTE -> compares(cell, order -> order >= 0);
            case LT -> compares(cell, order -> order < 0);
            case LTE -> compares(cell, order -> order <= 0);
            case CO -> cell.toLowerCase(Locale.ROOT).contains(value.toLowerCase(Locale.ROOT));
            case EXISTS -> !cell.isEmpty();
            case NOT_EXISTS -> cell.isEmpty();
        };
    }

    /** Dates by time, all others by the number that they begin with; what has none is in no order. */
    private boolean compares(String cell, IntPredicate order) {
        if (field.type() == FieldType.DATE || field.type() == FieldType.DATETIME) {
            var left = JsDate.parse(cell);
            var right = JsDate.parse(value);
            return left != null && right != null && order.test(left.compareTo(right));
        }
        var left = number(cell);
        var right = number(value);
        return left != null && right != null && order.test(left.compareTo(right));
    }

    private static @Nullable BigDecimal number(String text) {
        var leading = LEADING_NUMBER.matcher(text);
        return leading.lookingAt() ? new BigDecimal(leading.group(1)) : null;
    }
}
