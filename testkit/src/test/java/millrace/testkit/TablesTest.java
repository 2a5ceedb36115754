package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import millrace.engine.Json;
import millrace.engine.RunStatus;

/** The tables that users make, as steps change and read them. */
class TablesTest {
    private static Step tables(String action) {
        return Step.piece("@activepieces/piece-tables", "~0.2.0", "tables-" + action);
    }

    private static Step onTable(String action, String table) {
        return tables(action).input("table_id", table);
    }

    private static Step create() {
        return tables("create-table").input("name", "People").input("fields", Json.read("""
                                [{"name": "Name", "type": "TEXT"}, {"name": "Age", "type": "NUMBER"},
                                 {"name": "Kind", "type": "STATIC_DROPDOWN", "options": "a,b"}]"""));
    }

    /** A new table with the fields Name, Age and Kind. */
    private static JsonNode table(TestMillrace millrace) {
        var flow = millrace.publish(
                flow().onWebhook().step("table", create()).step("answer", Step.respond("{{table['output']}}")));
        return millrace.sync(flow, "{}").json();
    }

    private static JsonNode found(TestMillrace millrace, String table) {
        var flow = millrace.publish(flow().onWebhook()
                .step("found", onTable("find-records", table))
                .step("answer", Step.respond("{{found['output']}}")));
        return millrace.sync(flow, "{}").json();
    }

    @OnBothDatabases
    void steps_change_and_read_the_records_of_a_table(TestMillrace millrace) {
        var made = table(millrace);
        var table = made.path("externalId").asText();
        var name = made.at("/fields/0/externalId").asText();
        var older = Json.object();
        older.putArray("filters")
                .addObject()
                .put("operator", "gt")
                .put("value", "{{trigger['output'].body.age}}")
                .putObject("field")
                .put("id", made.at("/fields/1/externalId").asText());
        var flow = millrace.publish(flow().onWebhook()
                .step("added", onTable("create-records", table).input("records", Json.read("""
                                                [{"Name": "{{trigger['output'].body.text}}", "Age": 36},
                                                 {"Name": "Grace", "Age": 9, "Nobody": 1}, {"Name": "Kay"}]""")))
                .step("found", onTable("find-records", table).input("filters", older))
                .step("two", onTable("find-records", table).input("limit", 2))
                .step(
                        "updated",
                        onTable("update-record", table)
                                .input("record_id", "{{added['output'][1].id}}")
                                .input("values", Json.object().put(name, "Hopper")))
                .step(
                        "deleted",
                        onTable("delete-record", table)
                                .input("records_ids", Json.array().add("{{added['output'][0].id}}")))
                .step("left", onTable("find-records", table))
                .step("one", onTable("get-record", table).input("record_id", "{{added['output'][2].id}}"))
                .step("cleared", onTable("clear-table", table))
                .step("none", onTable("find-records", table))
                .step("gone", onTable("delete-table", table))
                .step("lost", onTable("get-record", table).input("record_id", "r")));
        millrace.webhook(flow, "{\"text\": \"A\\u0000da\", \"age\": 10}");

        var run = millrace.onlyRun(flow);

        var steps = run.path("steps");
        assertThat(run.at("/failedStep/name").asText()).as(run.toString()).isEqualTo("lost");
        assertThat(run.at("/failedStep/message").asText()).contains("There is no table");
        assertThat(made.at("/fields/2/type").asText()).isEqualTo("STATIC_DROPDOWN");
        assertThat(names(steps.at("/added/output"))).containsExactly("A\0da", "Grace", "Kay");
        assertThat(names(steps.at("/found/output"))).containsExactly("A\0da");
        assertThat(names(steps.at("/two/output"))).containsExactly("A\0da", "Grace");
        assertThat(names(steps.at("/left/output"))).containsExactly("Hopper", "Kay");
        assertThat(steps.at("/deleted/output")).isEqualTo(Json.read("{\"success\": true}"));
        assertThat(names(Json.array().add(steps.at("/one/output")))).containsExactly("Kay");
        assertThat(steps.at("/none/output")).isEmpty();
    }

    /** What the cells of the field Name hold. */
    private static List<String> names(JsonNode records) {
        var names = new ArrayList<String>();
        for (var record : records) {
            for (var cell : record.path("cells")) {
                if (cell.path("fieldName").asText().equals("Name")) {
                    names.add(cell.path("value").asText());
                }
            }
        }
        return names;
    }

    @OnBothDatabases
    void runs_that_add_records_at_once_lose_nothing(TestMillrace millrace) {
        var table = table(millrace).path("externalId").asText();
        var flow = millrace.publish(flow().onWebhook()
                .step(
                        "added",
                        onTable("create-records", table)
                                .input("records", Json.read("[{\"Name\": \"{{trigger['output'].body.number}}\"}]")))
                .step("answer", Step.respond("{{added['output'].length}}")));

        var calls = IntStream.range(0, 40)
                .mapToObj(number -> CompletableFuture.supplyAsync(() ->
                        millrace.sync(flow, "{\"number\": " + number + "}").status()))
                .toList();

        assertThat(calls).allMatch(call -> call.join() == 200);
        assertThat(names(found(millrace, table)))
                .hasSize(40)
                .containsAll(IntStream.range(0, 40).mapToObj(Integer::toString).toList());
    }

    @OnBothDatabases
    void what_does_not_fit_fails_its_step_and_changes_nothing(TestMillrace millrace) {
        var table = table(millrace).path("externalId").asText();
        var flow = millrace.publish(flow().onWebhook()
                .step("first", onTable("create-records", table).input("records", "[{\"Name\": \"Ada\"}]"))
                .step(
                        "number",
                        onTable("create-records", table)
                                .input("records", "[{\"Name\": \"Kay\"}, {\"Name\": \"Eve\", \"Age\": \"old\"}]")
                                .continueOnFailure())
                .step(
                        "record",
                        onTable("delete-record", table)
                                .input("records_ids", "[\"{{first['output'][0].id}}\", \"" + "r".repeat(21) + "\"]")
                                .continueOnFailure())
                .step(
                        "many",
                        onTable("create-records", table)
                                .input("records", "{{Array(10000).fill({Name: 'x'})}}")
                                .continueOnFailure()));
        millrace.webhook(flow, "{}");

        var run = millrace.onlyRun(flow);

        assertThat(run.path("status").asText()).isEqualTo(RunStatus.SUCCEEDED.name());
        assertThat(run.at("/steps/number/errorMessage").asText()).contains("Expected number");
        assertThat(run.at("/steps/record/errorMessage").asText()).contains("has no record");
        assertThat(run.at("/steps/many/errorMessage").asText()).contains("AP_MAX_RECORDS_PER_TABLE");
        assertThat(names(found(millrace, table))).containsExactly("Ada");
    }

    @OnBothDatabases
    void another_project_has_other_tables(TestMillrace millrace) throws SQLException {
        var table = table(millrace);
        try (var stranger = SecondTenant.of(millrace)) {
            for (var name :
                    List.of(table.path("externalId").asText(), table.path("id").asText())) {
                var flow = stranger.publish(flow().onWebhook()
                        .step("cleared", onTable("clear-table", name))
                        .step("answer", Step.respond("done")));

                assertThat(stranger.sync(flow, Json.object()).status()).isEqualTo(500);

                assertThat(stranger.onlyRun(flow).at("/failedStep/message").asText())
                        .contains("There is no table");
            }
        }
    }
}
