package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** The kinds of properties and which values a document may hold for them (flow-format §7.1). */
public enum PropertyType {
    SHORT_TEXT(Accepts.TEXT),
    LONG_TEXT(Accepts.TEXT),
    DATE_TIME(Accepts.TEXT),
    COLOR(Accepts.TEXT),
    FILE(Accepts.TEXT),
    SECRET_TEXT(Accepts.TEXT),
    NUMBER(Accepts.NUMBER),
    CHECKBOX(Accepts.BOOLEAN),
    DROPDOWN(Accepts.VALUE),
    STATIC_DROPDOWN(Accepts.VALUE),
    MULTI_SELECT_DROPDOWN(Accepts.LIST),
    STATIC_MULTI_SELECT_DROPDOWN(Accepts.LIST),
    ARRAY(Accepts.ITEMS),
    OBJECT(Accepts.OBJECT),
    JSON(Accepts.JSON),
    DYNAMIC(Accepts.FIELDS),
    CUSTOM(Accepts.ANYTHING),
    MARKDOWN(Accepts.ANYTHING);

    private enum Accepts {
        TEXT,
        NUMBER,
        BOOLEAN,
        VALUE,
        LIST,
        ITEMS,
        OBJECT,
        JSON,
        FIELDS,
        ANYTHING
    }

    private final Accepts accepts;

    PropertyType(Accepts accepts) {
        this.accepts = accepts;
    }

    /** Whether the value can stand for a property of the type; null stands for an absent one. */
    boolean accepts(@Nullable JsonNode value, boolean required, boolean structured) {
        if (accepts == Accepts.ANYTHING) {
            return true;
        }
        if (value == null || value.isNull()) {
            // A list may be left out, but not be null.
            return !required && (value == null || accepts != Accepts.ITEMS);
        }
        return switch (accepts) {
            case TEXT -> isText(value, required);
            case NUMBER -> value.isNumber() || isText(value, required);
            case BOOLEAN -> value.isBoolean() || value.isTextual();
            case VALUE, ANYTHING -> true;
            case LIST -> isList(value, required) || isText(value, required);
            case ITEMS ->
                value.isObject() || isText(value, required) || (isList(value, required) && items(value, structured));
            case OBJECT -> value.isObject() || isText(value, required);
            case JSON -> value.isContainerNode() || isText(value, required);
            case FIELDS -> value.isObject();
        };
    }

    private static boolean isText(JsonNode value, boolean required) {
        return value.isTextual() && !(required && value.textValue().isEmpty());
    }

    private static boolean isList(JsonNode value, boolean required) {
        return value.isArray() && !(required && value.isEmpty());
    }

    private static boolean items(JsonNode list, boolean structured) {
        for (JsonNode item : list) {
            if (structured ? !item.isObject() : !item.isTextual()) {
                return false;
            }
        }
        return true;
    }
}
