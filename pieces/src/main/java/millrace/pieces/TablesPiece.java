package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.array;
import static millrace.nativepiece.Property.dropdown;
import static millrace.nativepiece.Property.dynamic;
import static millrace.nativepiece.Property.json;
import static millrace.nativepiece.Property.number;
import static millrace.nativepiece.Property.shortText;
import static millrace.nativepiece.Property.staticDropdown;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import millrace.engine.FieldType;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.engine.TableChange;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.ActionDefinition;
import millrace.nativepiece.Input;
import millrace.nativepiece.JsDate;
import millrace.nativepiece.JsNumber;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.ProjectTables.Field;
import millrace.nativepiece.ProjectTables.Table;
import millrace.nativepiece.Property;
import millrace.nativepiece.RecordFilter;
import org.jspecify.annotations.Nullable;

/**
 * The project's tables: {@code @activepieces/piece-tables} (reference/core-pieces §10). What an action changes becomes
 * durable with the step's record: nothing repeats after a crash, and a step that fails has changed nothing.
 */
final class TablesPiece {
    static final Piece TABLES = piece("@activepieces/piece-tables", "Tables")
            .described("Read and write the project's tables")
            .version("0.2.30")
            .category("CORE")
            .action(action("tables-create-records", "Create Record(s)", "Insert one or more records into a table.")
                    .prop(table())
                    .prop(dynamic("values", "table_id").displayed("Records"))
                    .prop(json("records")
                            .displayed("Records as JSON")
                            .described("A list of objects, keyed by the names of the fields; stands for the form"))
                    .runs(TablesPiece::createRecords))
            .action(action("tables-update-record", "Update Record", "Update values in an existing record.")
                    .prop(table())
                    .prop(record())
                    .prop(dynamic("values", "table_id").displayed("Values"))
                    .runs(TablesPiece::updateRecord))
            .action(action("tables-delete-record", "Delete Record(s)", "Delete one or more records.")
                    .prop(table())
                    .prop(array("records_ids").displayed("Record IDs").required())
                    .runs(TablesPiece::deleteRecords))
            .action(action("tables-get-record", "Get Record", "Get a single record by its id.")
                    .prop(table())
                    .prop(record())
                    .runs(TablesPiece::getRecord))
            .action(action("tables-find-records", "Find Records", "Find records in a table, with filters.")
                    .prop(table())
                    .prop(number("limit").displayed("Limit").described("No limit when it is empty"))
                    .prop(dynamic("filters", "table_id").displayed("Filters"))
                    .runs(TablesPiece::findRecords))
            .action(action("tables-clear-table", "Clear Table", "Remove all records of a table.")
                    .prop(table())
                    .runs((in, call) ->
                            change(new TableChange.Clear(table(in, call).id()))))
            .action(action("tables-create-table", "Create Table", "Create a table.")
                    .prop(shortText("name").displayed("Name").required())
                    .prop(array(
                                    "fields",
                                    shortText("name").displayed("Name").required(),
                                    fieldType(),
                                    shortText("options")
                                            .displayed("Options")
                                            .described("Separated by commas, for a single select"))
                            .displayed("Fields"))
                    .runs(TablesPiece::createTable))
            .action(action("tables-delete-table", "Delete Table", "Delete a table with all its records.")
                    .prop(table())
                    .runs((in, call) ->
                            change(new TableChange.Delete(table(in, call).id()))))
            .build();

    private TablesPiece() {}

    /** Pure, although it writes: nothing of it can be in doubt. */
    private static ActionDefinition.Builder action(String name, String displayName, String description) {
        return pure(name, displayName).described(description);
    }

    private static Property table() {
        return dropdown("table_id").displayed("Table").required();
    }

    private static Property record() {
        return shortText("record_id").displayed("Record ID").required();
    }

    private static Property fieldType() {
        return staticDropdown("type")
                .displayed("Type")
                .required()
                .initially(FieldType.TEXT.name())
                .option("Text", FieldType.TEXT.name())
                .option("Number", FieldType.NUMBER.name())
                .option("Date", FieldType.DATE.name())
                .option("Date and time", FieldType.DATETIME.name())
                .option("Single select", FieldType.STATIC_DROPDOWN.name());
    }

    private static StepResult change(TableChange change) {
        return new StepResult.Changing(change);
    }

    private static Table table(Input in, ActionCall call) {
        var name = in.text("table_id", "");
        var table = call.run().tables().find(name);
        if (table == null) {
            throw new PieceFailure("There is no table " + name + " in this project.");
        }
        return table;
    }

    private static StepResult createRecords(Input in, ActionCall call) {
        var table = table(in, call);
        var json = in.value("records");
        var given = json == null ? in.fields("values").value("values") : json;
        if (given == null || (given.isArray() && given.isEmpty())) {
            throw new PieceFailure("No records were given.");
        }
        var items = given.isObject() ? Json.array().add(given) : given;
        if (!items.isArray()) {
            throw new PieceFailure("The records must be a list of objects.");
        }
        Function<Field, String> key = json == null ? Field::externalId : Field::name;
        var records = new ArrayList<Map<String, String>>(items.size());
        for (var item : items) {
            if (!(item instanceof ObjectNode values)) {
                throw new PieceFailure("The records must be a list of objects.");
            }
            records.add(cells(table, values, key));
        }
        return change(new TableChange.AddRecords(table.id(), records));
    }

    private static StepResult updateRecord(Input in, ActionCall call) {
        var table = table(in, call);
        var cells = cells(table, in.object("values"), Field::externalId);
        return change(new TableChange.UpdateRecord(table.id(), in.text("record_id", ""), cells));
    }

    private static StepResult deleteRecords(Input in, ActionCall call) {
        var table = table(in, call);
        var records = new LinkedHashSet<String>();
        for (var id : Objects.requireNonNull(in.value("records_ids"))) {
            if (!id.isTextual()) {
                throw PieceFailure.ofField("records_ids", "must hold the ids of records");
            }
            records.add(id.textValue());
        }
        return change(new TableChange.DeleteRecords(table.id(), List.copyOf(records)));
    }

    private static StepResult getRecord(Input in, ActionCall call) {
        var table = table(in, call);
        var id = in.text("record_id", "");
        var record = call.run().tables().record(table, id);
        if (record == null) {
            throw new PieceFailure("The table " + table.name() + " has no record " + id + ".");
        }
        return new StepResult.Succeeded(record);
    }

    private static StepResult findRecords(Input in, ActionCall call) {
        var table = table(in, call);
        var limit = in.number("limit", Integer.MAX_VALUE);
        if (limit < 0 || limit != Math.rint(limit)) {
            throw PieceFailure.ofField("limit", "must be a whole number from 0");
        }
        var filters = new ArrayList<RecordFilter>();
        var given = in.fields("filters").value("filters");
        if (given != null && !given.isArray()) {
            throw PieceFailure.ofField("filters", "must be a list");
        }
        for (var filter : given == null ? Json.array() : given) {
            filters.add(filter(table, filter));
        }
        return new StepResult.Succeeded(
                call.run().tables().records(table, filters, (int) Math.min(limit, Integer.MAX_VALUE)));
    }

    private static RecordFilter filter(Table table, JsonNode given) {
        var named = given.path("field");
        var id = named.isObject() ? named.path("id").asText() : named.asText();
        var field = table.fields().stream()
                .filter(one -> one.id().equals(id) || one.externalId().equals(id))
                .findFirst()
                .orElseThrow(() -> PieceFailure.ofField(
                        "filters", "The table " + table.name() + " has no field " + (id.isEmpty() ? named : id)));
        var operator = operator(given.path("operator").asText());
        var needed = operator != RecordFilter.Operator.EXISTS && operator != RecordFilter.Operator.NOT_EXISTS;
        var value = text(given.get("value"));
        if (needed) {
            check(field, value == null ? "" : value);
        }
        return new RecordFilter(field, operator, value == null ? "" : value);
    }

    private static RecordFilter.Operator operator(String name) {
        return Arrays.stream(RecordFilter.Operator.values())
                .filter(operator -> operator.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> PieceFailure.ofField("filters", "There is no operator \"" + name + "\""));
    }

    private static StepResult createTable(Input in, ActionCall call) {
        var fields = new ArrayList<TableChange.NewField>();
        var given = in.value("fields");
        for (var field : given == null ? Json.array() : given) {
            fields.add(new TableChange.NewField(
                    field.path("name").asText(), type(field.path("type").asText()), options(field.path("options"))));
        }
        return change(new TableChange.Create(call.run().secret(), in.text("name", ""), fields));
    }

    private static FieldType type(String name) {
        return Arrays.stream(FieldType.values())
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow(() -> PieceFailure.ofField("fields", "There is no type \"" + name + "\""));
    }

    private static List<String> options(JsonNode list) {
        return Arrays.stream(list.asText().split(","))
                .map(String::strip)
                .filter(option -> !option.isEmpty())
                .toList();
    }

    /** The cells that are not empty; values of fields that the table does not have are dropped. */
    private static Map<String, String> cells(Table table, ObjectNode values, Function<Field, String> key) {
        var cells = new LinkedHashMap<String, String>();
        for (var field : table.fields()) {
            var text = text(values.get(key.apply(field)));
            if (text != null && !text.isEmpty()) {
                check(field, text);
                cells.put(field.id(), text);
            }
        }
        return cells;
    }

    private static @Nullable String text(@Nullable JsonNode value) {
        if (value == null || value.isNull()) {
            return null;
        }
        return value.isContainerNode() ? Json.text(value) : value.asText();
    }

    private static void check(Field field, String text) {
        var fits = switch (field.type()) {
            case NUMBER -> !text.isBlank() && JsNumber.parse(text) != null;
            case DATE, DATETIME -> JsDate.parse(text) != null;
            case TEXT, STATIC_DROPDOWN -> true;
        };
        if (!fits) {
            throw PieceFailure.ofField(
                    field.name(),
                    field.type() == FieldType.NUMBER
                            ? "Expected number, received: " + text
                            : "Expected valid ISO date, received: " + text);
        }
    }
}
