package millrace.testkit;

import static java.util.stream.Collectors.toSet;
import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import millrace.engine.Json;
import millrace.engine.RunStatus;

/** The key-value store: as steps change it, and as engine tokens do. */
class StoreTest {
    private static Step store(String action, String key) {
        return Step.piece("@activepieces/piece-store", "~0.6.0", action)
                .input("key", key)
                .input("store_scope", "COLLECTION");
    }

    private static JsonNode entry(TestMillrace millrace, String key) {
        return millrace.engine("GET", "/store-entries?key=" + key, null).json();
    }

    @OnBothDatabases
    void steps_change_the_store_and_see_what_was_there(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step("before", store("get", "seen").input("defaultValue", "nothing"))
                .step("put", store("put", "seen").input("value", "{{trigger['output'].body.text}}"))
                .step(
                        "append",
                        store("append", "seen").input("value", "é\uD83D\uDE00").input("separator", "\\n"))
                .step("after", store("get", "seen"))
                .step("list", store("add_to_list", "list").input("value", "[1, {\"a\": 2}]"))
                .step("removed", store("remove_value", "seen"))
                .step("gone", store("get", "seen")));
        millrace.webhook(flow, "{\"text\": \"a\\u0000b\"}");

        var run = millrace.onlyRun(flow);

        assertThat(run.path("status").asText()).isEqualTo(RunStatus.SUCCEEDED.name());
        assertThat(run.at("/steps/before/output").asText()).isEqualTo("nothing");
        assertThat(run.at("/steps/put/output").asText()).isEqualTo("a\0b");
        assertThat(run.at("/steps/after/output").asText()).isEqualTo("a\0b\né\uD83D\uDE00");
        assertThat(run.at("/steps/list/output")).isEqualTo(Json.read("[1, {\"a\": 2}]"));
        assertThat(run.at("/steps/gone/output").isNull()).isTrue();
        assertThat(entry(millrace, "list").path("value")).isEqualTo(Json.read("[1, {\"a\": 2}]"));
        assertThat(millrace.engine("GET", "/store-entries?key=seen", null).status())
                .isEqualTo(404);
    }

    @OnBothDatabases
    void runs_that_change_an_entry_at_once_lose_nothing(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step(
                        "count",
                        store("append", "numbers")
                                .input("value", "{{trigger['output'].body.number}}")
                                .input("separator", ","))
                .step("answer", Step.respond("{{count['output'].length}}")));

        var calls = IntStream.range(0, 40)
                .mapToObj(number -> CompletableFuture.supplyAsync(() ->
                        millrace.sync(flow, "{\"number\": " + number + "}").status()))
                .toList();

        assertThat(calls).allMatch(call -> call.join() == 200);
        var text = entry(millrace, "numbers").path("value").asText().split(",");
        assertThat(text).hasSize(40);
        assertThat(Arrays.stream(text).collect(toSet())).hasSize(40);
    }

    @OnBothDatabases
    void what_does_not_fit_fails_its_step_and_changes_nothing(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step("big", Step.code("return 'x'.repeat(400 * 1024)"))
                .step("put", store("put", "large").input("value", "{{big['output']}}"))
                .step("twice", store("append", "large").input("value", "{{big['output']}}")));
        millrace.webhook(flow, "{}");

        var run = millrace.onlyRun(flow);

        assertThat(run.path("status").asText()).isEqualTo(RunStatus.FAILED.name());
        assertThat(run.at("/failedStep/name").asText()).isEqualTo("twice");
        assertThat(run.at("/failedStep/message").asText()).contains("512 KB");
        assertThat(entry(millrace, "large").path("value").asText()).hasSize(400 * 1024);
    }

    @OnBothDatabases
    void engine_tokens_reach_the_entries_of_their_project(TestMillrace millrace) {
        var put = Json.object().put("key", "k");
        put.putObject("value").put("n", 1);

        var made = millrace.engine("POST", "/store-entries", put).success();
        var again = millrace.engine("POST", "/store-entries", put.deepCopy().put("value", "two"))
                .success();

        assertThat(made.path("value").path("n").asInt()).isEqualTo(1);
        assertThat(made.path("projectId").asText()).isEqualTo(millrace.owner().projectId());
        assertThat(again.path("id")).isEqualTo(made.path("id"));
        assertThat(entry(millrace, "k").path("value").asText()).isEqualTo("two");
        assertThat(millrace.engine("DELETE", "/store-entries?key=k", null).status())
                .isEqualTo(200);
        assertThat(millrace.engine("DELETE", "/store-entries?key=k", null).status())
                .isEqualTo(200);
        var missing = millrace.engine("GET", "/store-entries?key=k", null);
        assertThat(missing.status()).isEqualTo(404);
        assertThat(missing.text()).isEqualTo("Value not found!");
        var large = millrace.engine(
                "POST", "/store-entries", Json.object().put("key", "k").put("value", "x".repeat(600_000)));
        assertThat(large.status()).isEqualTo(413);
        assertThat(large.text()).isEqualTo("{}");
        for (var key : new String[] {"", "k".repeat(129)}) {
            assertThat(millrace.engine("GET", "/store-entries?key=" + key, null).status())
                    .isEqualTo(400);
            assertThat(millrace.engine("POST", "/store-entries", Json.object().put("key", key))
                            .status())
                    .isEqualTo(400);
        }
        assertThat(millrace.owner().get("/store-entries?key=k").status()).isEqualTo(403);
        assertThat(millrace.owner().open("GET", "/store-entries?key=k", null).status())
                .isIn(401, 403);
    }
}
