package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.array;
import static millrace.nativepiece.Property.checkbox;
import static millrace.nativepiece.Property.shortText;
import static millrace.nativepiece.Property.staticDropdown;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Objects;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.ActionDefinition;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.Property;
import org.jspecify.annotations.Nullable;

/**
 * The project's key-value store: {@code @activepieces/piece-store} (reference/core-pieces §7). What an action changes is
 * decided while the entry is locked and becomes durable with the step's record: two runs that append at once both find
 * their text, and nothing repeats after a crash. Reading is pure: nobody has seen what is not journalled.
 */
final class StorePiece {
    static final int LONGEST_KEY = 128;
    /** A step that is tested alone has this run's entries. */
    private static final String TESTED_RUN = "test-run";

    static final Piece STORE = piece("@activepieces/piece-store", "Storage")
            .described("Store or retrieve data from key/value database")
            .version("0.6.20")
            .category("CORE")
            .action(action("get", "Get", "Get a value from storage")
                    .prop(key())
                    .prop(shortText("defaultValue").displayed("Default Value"))
                    .prop(scope())
                    .runs(StorePiece::get))
            .action(action("put", "Put", "Put a value in storage")
                    .prop(key())
                    .prop(shortText("value").displayed("Value").required())
                    .prop(scope())
                    .runs(StorePiece::put))
            .action(action("append", "Append", "Append to a value in storage")
                    .prop(key())
                    .prop(shortText("value").displayed("Value").required())
                    .prop(shortText("separator")
                            .displayed("Separator")
                            .described("Separator between added values, use \\n for newlines"))
                    .prop(scope())
                    .runs(StorePiece::append))
            .action(action("remove_value", "Remove", "Remove a value from storage")
                    .prop(key())
                    .prop(scope())
                    .runs(StorePiece::remove))
            .action(action("add_to_list", "Add To List", "Add items to a list")
                    .prop(key())
                    .prop(array("value").displayed("Value").required())
                    .prop(checkbox("ignore_if_exists").displayed("Ignore if value exists"))
                    .prop(scope())
                    .runs(StorePiece::addToList))
            .action(action("remove_from_list", "Remove from List", "Remove an item from a list")
                    .prop(key())
                    .prop(shortText("value").displayed("Value").required())
                    .prop(scope())
                    .runs(StorePiece::removeFromList))
            .build();

    private StorePiece() {}

    /** Pure, although it writes: nothing of it can be in doubt. */
    private static ActionDefinition.Builder action(String name, String displayName, String description) {
        return pure(name, displayName).described(description).errorHandlingHidden();
    }

    private static Property key() {
        return shortText("key").displayed("Key").required();
    }

    private static Property scope() {
        return staticDropdown("store_scope")
                .displayed("Store Scope")
                .described("The storage scope of the value.")
                .required()
                .initially("COLLECTION")
                .option("Project", "COLLECTION")
                .option("Flow", "FLOW")
                .option("Run", "RUN");
    }

    private static StepResult get(Input in, ActionCall call) {
        var value = present(call.run().entry(entryKey(in, call)));
        var otherwise = value == null ? in.value("defaultValue") : value;
        return new StepResult.Succeeded(otherwise == null ? Json.MAPPER.nullNode() : otherwise);
    }

    private static StepResult put(Input in, ActionCall call) {
        var value = Objects.requireNonNull(in.value("value"));
        return change(entryKey(in, call), before -> kept(value));
    }

    private static StepResult append(Input in, ActionCall call) {
        var key = entryKey(in, call);
        var added = Objects.requireNonNull(in.text("value"));
        var separator = in.text("separator", "").replace("\\n", "\n");
        return change(key, before -> {
            var old = present(before);
            if (old != null && !old.isTextual()) {
                throw new PieceFailure("The value of the key \"" + in.text("key") + "\" is not a text.");
            }
            var text = old == null ? "" : old.textValue();
            return kept(TextNode.valueOf(text + (text.isEmpty() ? "" : separator) + added));
        });
    }

    private static StepResult remove(Input in, ActionCall call) {
        return change(
                entryKey(in, call),
                before -> new Effect.NewValue(null, Json.object().put("success", true)));
    }

    private static StepResult addToList(Input in, ActionCall call) {
        var added = Objects.requireNonNull(in.value("value"));
        var onlyNew = in.flag("ignore_if_exists");
        return change(entryKey(in, call), before -> {
            var list = list(in, before);
            for (var item : added) {
                if (!onlyNew || find(list, item) < 0) {
                    list.add(item);
                }
            }
            return kept(list);
        });
    }

    private static StepResult removeFromList(Input in, ActionCall call) {
        var text = Objects.requireNonNull(in.text("value"));
        return change(entryKey(in, call), before -> {
            var list = list(in, before);
            var found = find(list, TextNode.valueOf(text));
            if (found < 0) {
                // The input is a text whatever the item is.
                found = find(list, parsed(text));
            }
            if (found >= 0) {
                list.remove(found);
            }
            return before == null ? new Effect.NewValue(null, list) : kept(list);
        });
    }

    private static StepResult change(String key, Effect.Decision decision) {
        return new StepResult.Changing(new Effect.ChangeEntry(key, decision));
    }

    private static Effect.NewValue kept(JsonNode value) {
        return new Effect.NewValue(value, value);
    }

    /** A list of its own; a stored text is one, too. */
    private static ArrayNode list(Input in, @Nullable JsonNode before) {
        var old = present(before);
        var value = old != null && old.isTextual() ? parsed(old.textValue()) : old;
        if (value != null && !value.isArray()) {
            throw new PieceFailure("The value of the key \"" + in.text("key") + "\" is not a list.");
        }
        return Json.array().addAll(value == null ? Json.array() : (ArrayNode) value);
    }

    private static int find(ArrayNode list, JsonNode wanted) {
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i).equals(StorePiece::compare, wanted)) {
                return i;
            }
        }
        return -1;
    }

    /** As JavaScript compares numbers: 1 is 1.0. */
    private static int compare(JsonNode a, JsonNode b) {
        return a.equals(b) || (a.isNumber() && b.isNumber() && a.doubleValue() == b.doubleValue()) ? 0 : 1;
    }

    private static JsonNode parsed(String text) {
        try {
            return Json.read(text);
        } catch (IllegalArgumentException notJson) {
            return TextNode.valueOf(text);
        }
    }

    private static @Nullable JsonNode present(@Nullable JsonNode value) {
        return value == null || value.isNull() ? null : value;
    }

    /** The key in the project's store, with the prefix of its scope. */
    private static String entryKey(Input in, ActionCall call) {
        var key = Objects.requireNonNull(in.text("key"));
        var run = call.run();
        var flow = "flow_" + run.flowId() + "/";
        var whole = switch (in.text("store_scope", "COLLECTION")) {
            case "COLLECTION" -> key;
            case "FLOW" -> flow + key;
            case "RUN" -> flow + "run_" + (run.stepTest() ? TESTED_RUN : run.id()) + "/" + key;
            default -> throw PieceFailure.ofField("store_scope", "is none of COLLECTION, FLOW and RUN");
        };
        if (key.isEmpty() || length(key) > LONGEST_KEY) {
            throw new PieceFailure(
                    "StorageInvalidKeyError",
                    "Failed to read/write key \"" + key + "\", the key is empty or longer than " + LONGEST_KEY
                            + " characters");
        }
        var prefix = whole.length() - key.length();
        if (prefix + length(key) > LONGEST_KEY) {
            throw new PieceFailure(
                    "StorageInvalidKeyError",
                    "Failed to read/write key \"" + key + "\", the key is longer than " + (LONGEST_KEY - prefix)
                            + " characters, the most in this scope");
        }
        return whole;
    }

    /** In characters as the column counts them: those that the database can't hold are stored as two. */
    private static int length(String key) {
        return key.length()
                + (int) key.chars().filter(c -> c == '\0' || c == '\uE000').count();
    }
}
