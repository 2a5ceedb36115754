package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BiPredicate;
import millrace.definition.Condition;
import millrace.definition.Operator;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** Whether a router's condition holds for its resolved values (flow-format §6.3). */
public final class Conditions {
    private Conditions() {}

    /**
     * @param first the resolved first value
     * @param second the resolved second value; null for operators of one value
     * @throws ReferenceFailure when the condition has no operator, which fails the router's step
     */
    public static boolean holds(Condition condition, JsonNode first, @Nullable JsonNode second) {
        Operator operator = condition.operator();
        if (operator == null) {
            throw new ReferenceFailure("InvalidCondition", "a condition has no operator");
        }
        JsonNode other = second == null ? Template.EMPTY : second;
        return switch (operator) {
            case TEXT_CONTAINS -> text(condition, first, other, String::contains);
            case TEXT_DOES_NOT_CONTAIN -> !text(condition, first, other, String::contains);
            case TEXT_EXACTLY_MATCHES -> text(condition, first, other, String::equals);
            case TEXT_DOES_NOT_EXACTLY_MATCH -> !text(condition, first, other, String::equals);
            case TEXT_START_WITH -> text(condition, first, other, String::startsWith);
            case TEXT_DOES_NOT_START_WITH -> !text(condition, first, other, String::startsWith);
            case TEXT_ENDS_WITH -> text(condition, first, other, String::endsWith);
            case TEXT_DOES_NOT_END_WITH -> !text(condition, first, other, String::endsWith);
            case LIST_CONTAINS -> listContains(condition, first, other);
            case LIST_DOES_NOT_CONTAIN -> !listContains(condition, first, other);
            case LIST_IS_EMPTY -> parsed(first).isArray() && parsed(first).isEmpty();
            case LIST_IS_NOT_EMPTY -> parsed(first).isArray() && !parsed(first).isEmpty();
            case NUMBER_IS_GREATER_THAN -> less(other, first);
            case NUMBER_IS_LESS_THAN -> less(first, other);
            case NUMBER_IS_EQUAL_TO -> equal(first, other);
            case BOOLEAN_IS_TRUE -> truthy(first);
            case BOOLEAN_IS_FALSE -> !truthy(first);
            case DATE_IS_BEFORE -> dates(first, other, (a, b) -> a < b);
            case DATE_IS_EQUAL -> dates(first, other, Long::equals);
            case DATE_IS_AFTER -> dates(first, other, (a, b) -> a > b);
            case EXISTS -> exists(first);
            case DOES_NOT_EXIST -> !exists(first);
        };
    }

    private static boolean text(
            Condition condition, JsonNode first, JsonNode second, BiPredicate<String, String> test) {
        return test.test(textOf(condition, first), textOf(condition, second));
    }

    private static String textOf(Condition condition, JsonNode value) {
        String text = value.isTextual() ? value.textValue() : JsonText.of(value);
        return condition.caseSensitive() ? text : text.toLowerCase(Locale.ROOT);
    }

    private static boolean listContains(Condition condition, JsonNode first, JsonNode second) {
        String wanted = textOf(condition, second);
        JsonNode list = parsed(first);
        if (!list.isArray()) {
            return textOf(condition, list).equals(wanted);
        }
        for (JsonNode item : list) {
            if (textOf(condition, item).equals(wanted)) {
                return true;
            }
        }
        return false;
    }

    /** The value of a JSON text; anything else, also a text that is no JSON, as it is. */
    private static JsonNode parsed(JsonNode value) {
        if (!value.isTextual() || !maybeJson(value.textValue())) {
            return value;
        }
        try {
            JsonNode json = Json.read(value.textValue());
            return json.isMissingNode() ? value : json;
        } catch (IllegalArgumentException e) {
            return value;
        }
    }

    /** Ordinary words are by far the most common text; they need no parser and no exception. */
    private static boolean maybeJson(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
                return "[{\"-0123456789tfn".indexOf(c) >= 0;
            }
        }
        return false;
    }

    /** JavaScript's {@code <} of the values after number conversion; what is no number stays what it was. */
    private static boolean less(JsonNode a, JsonNode b) {
        double x = JsNumber.of(a);
        double y = JsNumber.of(b);
        if (Double.isNaN(x) && Double.isNaN(y)) {
            return JsString.primitive(a).compareTo(JsString.primitive(b)) < 0;
        }
        return x < y;
    }

    private static boolean equal(JsonNode a, JsonNode b) {
        double x = JsNumber.of(a);
        double y = JsNumber.of(b);
        if (Double.isNaN(x) && Double.isNaN(y)) {
            // Two objects are never the same object; an object equals a text that it prints as.
            return (a.isTextual() || b.isTextual()) && JsString.primitive(a).equals(JsString.primitive(b));
        }
        return x == y;
    }

    private static boolean truthy(JsonNode value) {
        return switch (value.getNodeType()) {
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> value.doubleValue() != 0;
            case STRING -> !value.textValue().isEmpty();
            case OBJECT, ARRAY -> true;
            default -> false;
        };
    }

    private static boolean exists(JsonNode value) {
        return !(value instanceof NullNode)
                && !value.isMissingNode()
                && !(value.isTextual() && value.textValue().isEmpty());
    }

    private static boolean dates(JsonNode first, JsonNode second, BiPredicate<Long, Long> test) {
        OptionalLong a = JsDate.parse(first);
        OptionalLong b = JsDate.parse(second);
        return a.isPresent() && b.isPresent() && test.test(a.getAsLong(), b.getAsLong());
    }
}
