package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import millrace.engine.FieldType;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.engine.TableChange;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.RecordFilter;
import millrace.nativepiece.StepRun;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the actions make of their inputs; what comes of it in a database is tested there. */
class TablesPieceTest {
    private static final ProjectTables.Table TABLE = new ProjectTables.Table(
            "t1",
            "people",
            "People",
            List.of(
                    new ProjectTables.Field("f1", "x1", "Name", FieldType.TEXT),
                    new ProjectTables.Field("f2", "x2", "Age", FieldType.NUMBER),
                    new ProjectTables.Field("f3", "x3", "Born", FieldType.DATE)));

    private final List<RecordFilter> asked = new ArrayList<>();
    private int atMost;

    private final ProjectTables tables = new ProjectTables() {
        @Override
        public @Nullable Table find(String name) {
            return name.equals("people") ? TABLE : null;
        }

        @Override
        public ArrayNode records(Table table, List<RecordFilter> filters, int most) {
            asked.addAll(filters);
            atMost = most;
            return Json.array().add("found");
        }

        @Override
        public @Nullable ObjectNode record(Table table, String recordId) {
            return recordId.equals("r1") ? Json.object().put("id", "r1") : null;
        }
    };

    private StepRun run() {
        return (StepRun) Proxy.newProxyInstance(
                StepRun.class.getClassLoader(),
                new Class<?>[] {StepRun.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "tables" -> tables;
                    case "secret" -> "new";
                    default -> throw new IllegalStateException(method.getName());
                });
    }

    private StepResult call(String action, String input) {
        var given = (ObjectNode) Json.read(input);
        if (!given.has("table_id")) {
            given.put("table_id", "people");
        }
        return Objects.requireNonNull(TablesPiece.TABLES.action(action))
                .run(new ActionCall(
                        given, "key", request -> new HttpOutcome.Unanswered("no"), Duration.ofSeconds(1), run()));
    }

    private TableChange change(String action, String input) {
        return (TableChange) ((StepResult.Changing) call(action, input)).change();
    }

    private String failure(String action, String input) {
        return ((StepResult.Failed) call(action, input)).error().message();
    }

    @Test
    void the_form_names_fields_by_external_id_and_the_list_by_name() {
        var form = "{\"values\":{\"values\":[{\"x1\":\"Ada\",\"x2\":36,\"none\":1},{\"x1\":\"\",\"x2\":null}]}}";
        var list =
                "{\"records\":\"[{\\\"Name\\\":\\\"Ada\\\",\\\"Age\\\":36,\\\"x1\\\":\\\"no\\\"},{}]\",\"values\":{}}";
        var expected = new TableChange.AddRecords("t1", List.of(Map.of("f1", "Ada", "f2", "36"), Map.of()));

        assertThat(change("tables-create-records", form)).isEqualTo(expected);
        assertThat(change("tables-create-records", list)).isEqualTo(expected);
    }

    @Test
    void an_update_keeps_cells_for_which_nothing_is_given() {
        assertThat(change(
                        "tables-update-record",
                        "{\"record_id\":\"r1\",\"values\":{\"x1\":\"\",\"x3\":\"1815-12-10\"}}"))
                .isEqualTo(new TableChange.UpdateRecord("t1", "r1", Map.of("f3", "1815-12-10")));
    }

    @Test
    void tables_are_made_cleared_and_deleted() {
        assertThat(change(
                        "tables-create-table",
                        "{\"name\":\"Things\",\"fields\":[{\"name\":\"Kind\",\"type\":\"STATIC_DROPDOWN\","
                                + "\"options\":\"a, b,,\"},{\"name\":\"When\",\"type\":\"DATETIME\"}]}"))
                .isEqualTo(new TableChange.Create(
                        "new",
                        "Things",
                        List.of(
                                new TableChange.NewField("Kind", FieldType.STATIC_DROPDOWN, List.of("a", "b")),
                                new TableChange.NewField("When", FieldType.DATETIME, List.of()))));
        assertThat(change("tables-clear-table", "{}")).isEqualTo(new TableChange.Clear("t1"));
        assertThat(change("tables-delete-table", "{}")).isEqualTo(new TableChange.Delete("t1"));
        assertThat(change("tables-delete-record", "{\"records_ids\":[\"r1\",\"r2\",\"r1\"]}"))
                .isEqualTo(new TableChange.DeleteRecords("t1", List.of("r1", "r2")));
    }

    @Test
    void records_are_found_by_filters() {
        call(
                "tables-find-records",
                "{\"limit\":\"5\",\"filters\":{\"filters\":[{\"field\":{\"id\":\"x2\"},\"operator\":\"gte\",\"value\":36},"
                        + "{\"field\":{\"id\":\"f1\"},\"operator\":\"not_exists\"}]}}");

        assertThat(asked)
                .containsExactly(
                        new RecordFilter(TABLE.fields().get(1), RecordFilter.Operator.GTE, "36"),
                        new RecordFilter(TABLE.fields().get(0), RecordFilter.Operator.NOT_EXISTS, ""));
        assertThat(atMost).isEqualTo(5);
        call("tables-find-records", "{}");
        assertThat(atMost).isEqualTo(Integer.MAX_VALUE);
        assertThat(call("tables-get-record", "{\"record_id\":\"r1\"}"))
                .isEqualTo(new StepResult.Succeeded(Json.object().put("id", "r1")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "tables-create-records | {\"table_id\":\"none\",\"records\":[{}]}          | There is no table none",
                "tables-create-records | {}                                                 | No records",
                "tables-create-records | {\"records\":[]}                                   | No records",
                "tables-create-records | {\"records\":[1]}                                  | list of objects",
                "tables-create-records | {\"records\":\"Ada\"}                              | list of objects",
                "tables-create-records | {\"records\":[{\"Age\":\"old\"}]}                  | Expected number, received: old",
                "tables-create-records | {\"records\":[{\"Born\":\"then\"}]}                | Expected valid ISO date",
                "tables-update-record  | {\"record_id\":\"r\",\"values\":{\"x2\":\"1 year\"}} | Expected number",
                "tables-update-record  | {\"values\":{}}                                    | record_id",
                "tables-get-record     | {\"record_id\":\"r2\"}                             | has no record r2",
                "tables-delete-record  | {\"records_ids\":[7]}                              | ids of records",
                "tables-find-records   | {\"limit\":-1}                                     | whole number",
                "tables-find-records   | {\"filters\":{\"filters\":[{\"field\":\"x9\",\"operator\":\"eq\"}]}} | no field x9",
                "tables-find-records   | {\"filters\":{\"filters\":[{\"field\":\"x1\",\"operator\":\"is\"}]}} | no operator",
                "tables-find-records   | {\"filters\":{\"filters\":[{\"field\":\"x2\",\"operator\":\"gt\",\"value\":\"a\"}]}} | Expected number",
                "tables-create-table   | {\"name\":\"T\",\"fields\":[{\"name\":\"a\",\"type\":\"BLOB\"}]} | no type",
                "tables-create-table   | {\"name\":\"T\",\"fields\":[{\"type\":\"TEXT\"}]}   | name",
            })
    void what_does_not_fit_fails_the_step(String action, String input, String message) {
        assertThat(failure(action, input).replace("\\\"", "\"")).contains(message.strip());
    }

    @ParameterizedTest
    @CsvSource({
        "TEXT,eq,a,a,true",
        "TEXT,eq,A,a,false",
        "TEXT,neq,b,a,true",
        "TEXT,co,xAy,a,true",
        "NUMBER,gt,10,9,true",
        "NUMBER,gt,9,10,false",
        "NUMBER,gte,1.0,1,true",
        "NUMBER,lt,-1e3,0,true",
        "TEXT,lte,3 apples,3,true",
        "TEXT,gt,apples,3,false",
        "DATE,lt,2024-01-02,2024-01-02T00:00:01Z,true",
        "DATETIME,gte,2024-01-02T01:00:00+01:00,2024-01-02,true",
        "DATE,gt,never,2024-01-02,false",
        "TEXT,exists,a,,true",
        "TEXT,not_exists,a,,false",
        "TEXT,not_exists,,,true",
        "TEXT,neq,,a,false",
        "TEXT,exists,,,false",
    })
    void filters_compare_as_the_reference_says(
            FieldType type, String operator, @Nullable String cell, @Nullable String value, boolean expected) {
        var field = new ProjectTables.Field("f", "x", "F", type);
        var filter = new RecordFilter(
                field,
                RecordFilter.Operator.valueOf(operator.toUpperCase(java.util.Locale.ROOT)),
                value == null ? "" : value);

        assertThat(filter.matches(cell)).isEqualTo(expected);
    }
}
