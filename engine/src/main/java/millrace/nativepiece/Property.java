package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One input of an action or trigger.
 *
 * @param displayName what the editor shows; for MARKDOWN empty
 * @param description help under the field; for MARKDOWN its text
 * @param mandatory whether a value is needed; set by {@link #required()}
 * @param defaultValue what the editor fills in; at run time it stands for a missing <em>required</em> value only
 * @param options of the static dropdowns, in the order shown
 * @param items the properties of one item of an ARRAY; empty for a list of plain values
 * @param refresher the property whose value decides the fields of a DYNAMIC property
 * @param fields the fields of a DYNAMIC property by the text of its refresher's value
 */
public record Property(
        String name,
        PropertyKind kind,
        String displayName,
        @Nullable String description,
        boolean mandatory,
        @Nullable JsonNode defaultValue,
        List<Option> options,
        List<Property> items,
        @Nullable String refresher,
        Map<String, List<Property>> fields) {

    /** One choice of a dropdown. */
    public record Option(String label, JsonNode value) {}

    public Property {
        options = List.copyOf(options);
        items = List.copyOf(items);
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    public static Property shortText(String name) {
        return of(name, PropertyKind.SHORT_TEXT);
    }

    public static Property longText(String name) {
        return of(name, PropertyKind.LONG_TEXT);
    }

    public static Property number(String name) {
        return of(name, PropertyKind.NUMBER);
    }

    public static Property checkbox(String name) {
        return of(name, PropertyKind.CHECKBOX);
    }

    public static Property object(String name) {
        return of(name, PropertyKind.OBJECT);
    }

    public static Property json(String name) {
        return of(name, PropertyKind.JSON);
    }

    public static Property dateTime(String name) {
        return of(name, PropertyKind.DATE_TIME);
    }

    public static Property file(String name) {
        return of(name, PropertyKind.FILE);
    }

    /** A list; with item properties a list of objects, without a list of plain values. */
    public static Property array(String name, Property... items) {
        return of(name, PropertyKind.ARRAY).with(List.of(), List.of(items), null, Map.of());
    }

    /** A choice among fixed options; see {@link #option}. */
    public static Property staticDropdown(String name) {
        return of(name, PropertyKind.STATIC_DROPDOWN);
    }

    /** A choice among what the server lists. */
    public static Property dropdown(String name) {
        return of(name, PropertyKind.DROPDOWN);
    }

    /** Fields that depend on the value of another property; see {@link #when}. */
    public static Property dynamic(String name, String refresher) {
        return of(name, PropertyKind.DYNAMIC).with(List.of(), List.of(), refresher, Map.of());
    }

    /** A text in the form, not an input. */
    public static Property markdown(String name, String text) {
        return of(name, PropertyKind.MARKDOWN).displayed("").described(text);
    }

    private static Property of(String name, PropertyKind kind) {
        return new Property(name, kind, spaced(name), null, false, null, List.of(), List.of(), null, Map.of());
    }

    /** The same property, but a value is needed. */
    public Property required() {
        return new Property(
                name, kind, displayName, description, true, defaultValue, options, items, refresher, fields);
    }

    public Property displayed(String shownName) {
        return new Property(
                name, kind, shownName, description, mandatory, defaultValue, options, items, refresher, fields);
    }

    public Property described(String help) {
        return new Property(name, kind, displayName, help, mandatory, defaultValue, options, items, refresher, fields);
    }

    public Property initially(JsonNode value) {
        return new Property(name, kind, displayName, description, mandatory, value, options, items, refresher, fields);
    }

    public Property initially(String value) {
        return initially(TextNode.valueOf(value));
    }

    public Property initially(boolean value) {
        return initially(BooleanNode.valueOf(value));
    }

    public Property initially(int value) {
        return initially(IntNode.valueOf(value));
    }

    /** Adds a choice to a static dropdown. */
    public Property option(String label, String value) {
        var more = new ArrayList<>(options);
        more.add(new Option(label, TextNode.valueOf(value)));
        return with(more, items, refresher, fields);
    }

    /** Sets the fields that a DYNAMIC property has while its refresher has this value. */
    public Property when(String value, Property... shown) {
        var more = new LinkedHashMap<>(fields);
        more.put(value, List.of(shown));
        return with(options, items, refresher, more);
    }

    private Property with(
            List<Option> newOptions,
            List<Property> newItems,
            @Nullable String newRefresher,
            Map<String, List<Property>> newFields) {
        return new Property(
                name,
                kind,
                displayName,
                description,
                mandatory,
                defaultValue,
                newOptions,
                newItems,
                newRefresher,
                newFields);
    }

    /** {@code first_number} and {@code firstNumber} are shown as {@code First Number}. */
    private static String spaced(String name) {
        var shown = new StringBuilder();
        for (var i = 0; i < name.length(); i++) {
            var c = name.charAt(i);
            var starts = i == 0 || name.charAt(i - 1) == '_' || name.charAt(i - 1) == '-';
            if (c == '_' || c == '-') {
                shown.append(' ');
            } else if (starts) {
                shown.append(Character.toUpperCase(c));
            } else {
                shown.append(Character.isUpperCase(c) ? " " : "").append(c);
            }
        }
        return shown.toString();
    }
}
