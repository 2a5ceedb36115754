package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Locale;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * Conversion and validation of resolved inputs before a body sees them (reference/engine-semantics §8.2, piece-runtime
 * §4.8). All faults are reported at once. Keys that are no property stay as they are.
 *
 * <p>Fields of a DYNAMIC property are converted and their types checked, but none is required here: the reference knows
 * their schema only when the editor stored it, and flows without it run.
 */
final class InputRules {
    private final FileInput files;

    private InputRules(FileInput files) {
        this.files = files;
    }

    /** @throws PieceFailure with a JSON message that maps each faulty property to its texts */
    static Input apply(List<Property> properties, ObjectNode raw, FileInput files) {
        var faults = Json.object();
        var converted = new InputRules(files).convert(properties, raw, true, faults);
        if (!faults.isEmpty()) {
            throw PieceFailure.ofInputs(faults);
        }
        return new Input(converted);
    }

    private ObjectNode convert(List<Property> properties, ObjectNode raw, boolean demanding, ObjectNode faults) {
        // A shallow copy: values are replaced, never changed in place.
        var result = Json.object();
        result.setAll(raw);
        for (var property : properties) {
            if (property.kind() == PropertyKind.MARKDOWN) {
                continue;
            }
            var given = present(raw.get(property.name()));
            if (given == null && property.mandatory()) {
                given = property.defaultValue();
            }
            var value = given == null ? null : value(property, given, result, faults);
            if (value == null) {
                result.remove(property.name());
            } else {
                result.set(property.name(), value);
            }
            if (!faults.has(property.name()) && faulty(property, value, given, demanding)) {
                faults.putArray(property.name()).add(expected(property.kind()) + ", received: " + shown(given));
            }
        }
        return result;
    }

    /** The converted value; null where the reference has undefined. */
    private @Nullable JsonNode value(Property property, JsonNode given, ObjectNode siblings, ObjectNode faults) {
        return switch (property.kind()) {
            case SHORT_TEXT, LONG_TEXT, SECRET_TEXT -> text(property, given);
            case NUMBER -> number(given);
            case CHECKBOX -> checkbox(given);
            case DATE_TIME -> given.isTextual() ? dateTime(given.textValue()) : given;
            case JSON -> given.isTextual() ? parsedOr(given, given) : given;
            case OBJECT -> objectOnly(given.isTextual() ? parsedOr(given, null) : given);
            case MULTI_SELECT_DROPDOWN, STATIC_MULTI_SELECT_DROPDOWN -> list(given);
            case ARRAY -> array(property, given, faults);
            case DYNAMIC -> dynamic(property, given, siblings, faults);
            case FILE -> given.isTextual() ? files.read(given.textValue()) : given.isObject() ? given : null;
            case DROPDOWN, STATIC_DROPDOWN, COLOR, MARKDOWN, CUSTOM -> given;
        };
    }

    private static boolean faulty(
            Property property, @Nullable JsonNode value, @Nullable JsonNode given, boolean demanding) {
        if (value == null) {
            // Optional and nothing given, or emptied by conversion (an empty number), is fine.
            return property.mandatory() ? demanding || given != null : false;
        }
        return switch (property.kind()) {
            case SHORT_TEXT, LONG_TEXT, SECRET_TEXT, DATE_TIME -> !value.isTextual();
            case NUMBER -> !value.isNumber();
            case CHECKBOX -> !value.isBoolean();
            case OBJECT, DYNAMIC, FILE -> !value.isObject();
            case ARRAY, MULTI_SELECT_DROPDOWN, STATIC_MULTI_SELECT_DROPDOWN -> !value.isArray();
            case JSON, DROPDOWN, STATIC_DROPDOWN, COLOR, MARKDOWN, CUSTOM -> false;
        };
    }

    private static String expected(PropertyKind kind) {
        return "Expected "
                + switch (kind) {
                    case NUMBER -> "number";
                    case CHECKBOX -> "boolean";
                    case DATE_TIME -> "valid ISO date";
                    case JSON -> "JSON";
                    case OBJECT, DYNAMIC -> "object";
                    case FILE -> "file URL or base64 data";
                    case ARRAY, MULTI_SELECT_DROPDOWN, STATIC_MULTI_SELECT_DROPDOWN -> "array";
                    case DROPDOWN, STATIC_DROPDOWN, CUSTOM -> "a value";
                    case SHORT_TEXT, LONG_TEXT, SECRET_TEXT, COLOR, MARKDOWN -> "string";
                };
    }

    private static String shown(@Nullable JsonNode given) {
        return given == null ? "undefined" : given.isTextual() ? given.textValue() : Json.text(given);
    }

    private static @Nullable JsonNode text(Property property, JsonNode given) {
        var text = given.isTextual() ? given.textValue() : Json.text(given);
        return text.isEmpty() && !property.mandatory() ? null : TextNode.valueOf(text);
    }

    private static @Nullable JsonNode number(JsonNode given) {
        if (given.isTextual()) {
            if (given.textValue().isEmpty()) {
                return null;
            }
            var number = JsNumber.parse(given.textValue());
            return number == null ? given : number;
        }
        return given.isBoolean() ? IntNode.valueOf(given.booleanValue() ? 1 : 0) : given;
    }

    private static JsonNode checkbox(JsonNode given) {
        if (!given.isTextual()) {
            return given;
        }
        return switch (given.textValue().toLowerCase(Locale.ROOT)) {
            case "true" -> BooleanNode.TRUE;
            case "false" -> BooleanNode.FALSE;
            default -> given;
        };
    }

    private static @Nullable JsonNode dateTime(String text) {
        var moment = JsDate.parse(text);
        return moment == null ? null : TextNode.valueOf(JsDate.iso(moment));
    }

    private static @Nullable JsonNode objectOnly(@Nullable JsonNode value) {
        return value != null && value.isArray() ? null : value;
    }

    private static JsonNode list(JsonNode given) {
        var value = given.isTextual() ? parsedOr(given, given) : given;
        return value == null || value.isArray()
                ? given(value, given)
                : Json.array().add(value);
    }

    private static JsonNode given(@Nullable JsonNode value, JsonNode otherwise) {
        return value == null ? otherwise : value;
    }

    private @Nullable JsonNode array(Property property, JsonNode given, ObjectNode faults) {
        var value = given.isTextual() ? given(parsedOr(given, given), given) : given;
        if (property.items().isEmpty()) {
            return value;
        }
        var list = value instanceof ObjectNode lists ? zipped(lists) : value;
        if (!(list instanceof ArrayNode items)) {
            return list;
        }
        var converted = Json.array();
        for (var item : items) {
            if (!(item instanceof ObjectNode fields)) {
                faults.putArray(property.name()).add("Expected object, received: " + shown(item));
                return list;
            }
            var itemFaults = Json.object();
            converted.add(convert(property.items(), fields, true, itemFaults));
            if (!itemFaults.isEmpty()) {
                faults.withArray(property.name()).add(itemFaults);
            }
        }
        return converted;
    }

    /** {@code {a:[1,2], b:"x"}} becomes {@code [{a:1,b:"x"}, {a:2,b:"x"}]}: scalars repeat, the longest list counts. */
    private static ArrayNode zipped(ObjectNode lists) {
        var length = 1;
        var anyList = false;
        for (var value : lists) {
            length = value.isArray() && anyList
                    ? Math.max(length, value.size())
                    : value.isArray() ? value.size() : length;
            anyList |= value.isArray();
        }
        var items = Json.array();
        for (var i = 0; i < length; i++) {
            var item = items.addObject();
            for (var entry : lists.properties()) {
                var value = entry.getValue();
                if (!value.isArray()) {
                    item.set(entry.getKey(), value);
                } else if (i < value.size()) {
                    item.set(entry.getKey(), value.get(i));
                }
            }
        }
        return items;
    }

    private @Nullable JsonNode dynamic(Property property, JsonNode given, ObjectNode siblings, ObjectNode faults) {
        var value = given.isTextual() ? parsedOr(given, given) : given;
        if (!(value instanceof ObjectNode fields)) {
            return value;
        }
        var deciding = property.refresher() == null ? null : siblings.get(property.refresher());
        var schema = deciding == null ? null : property.fields().get(deciding.asText());
        if (schema == null) {
            return fields;
        }
        var fieldFaults = Json.object();
        var converted = convert(schema, fields, false, fieldFaults);
        if (!fieldFaults.isEmpty()) {
            faults.putArray(property.name()).add(fieldFaults);
        }
        return converted;
    }

    private static @Nullable JsonNode present(@Nullable JsonNode value) {
        return value == null || value.isNull() || value.isMissingNode() ? null : value;
    }

    private static @Nullable JsonNode parsedOr(JsonNode text, @Nullable JsonNode otherwise) {
        try {
            var parsed = Json.read(text.textValue());
            return parsed.isMissingNode() ? otherwise : parsed;
        } catch (IllegalArgumentException notJson) {
            return otherwise;
        }
    }
}
