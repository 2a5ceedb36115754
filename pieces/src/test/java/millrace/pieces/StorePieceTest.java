package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.StepRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StorePieceTest {
    private final Map<String, JsonNode> store = new HashMap<>();
    private boolean stepTest;

    /** The run as far as the store's actions look at it. */
    private StepRun run() {
        return (StepRun) Proxy.newProxyInstance(
                StepRun.class.getClassLoader(),
                new Class<?>[] {StepRun.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "id" -> "R".repeat(21);
                    case "flowId" -> "F".repeat(21);
                    case "stepTest" -> stepTest;
                    case "entry" -> store.get((String) arguments[0]);
                    default -> throw new IllegalStateException(method.getName());
                });
    }

    /** The output as JSON text, or the message of the failure. */
    private String call(String action, String input) {
        var given = (ObjectNode) Json.read(input);
        if (!given.has("key")) {
            given.put("key", "k");
        }
        var call =
                new ActionCall(given, "key", request -> new HttpOutcome.Unanswered("no"), Duration.ofSeconds(1), run());
        return switch (Objects.requireNonNull(StorePiece.STORE.action(action)).run(call)) {
            case StepResult.Succeeded done -> Json.text(done.output());
            case StepResult.Changing changing -> change((Effect.ChangeEntry) changing.change());
            case StepResult.Failed failed -> failed.error().message();
            default -> throw new IllegalStateException();
        };
    }

    private String change(Effect.ChangeEntry change) {
        try {
            var changed = change.decision().of(store.get(change.key()));
            if (changed.value() == null) {
                store.remove(change.key());
            } else {
                store.put(change.key(), changed.value());
            }
            return Json.text(changed.output());
        } catch (PieceFailure failure) {
            return failure.error().message();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "get              | -       | {}                                   | null      | -",
                "get              | -       | {\"defaultValue\":\"d\"}             | \"d\"     | -",
                "get              | null    | {\"defaultValue\":\"d\"}             | \"d\"     | null",
                "get              | [1]     | {\"defaultValue\":\"d\"}             | [1]       | [1]",
                "put              | [1]     | {\"value\":\"x\"}                    | \"x\"     | \"x\"",
                "put              | -       | {\"value\":{\"a\":1}}                | \"{\\\"a\\\":1}\" | \"{\\\"a\\\":1}\"",
                "append           | -       | {\"value\":\"b\",\"separator\":\",\"} | \"b\"    | \"b\"",
                "append           | \"a\"   | {\"value\":\"b\",\"separator\":\"\\\\n\"} | \"a\\nb\" | \"a\\nb\"",
                "append           | \"a\"   | {\"value\":2}                        | \"a2\"    | \"a2\"",
                "append           | [1]     | {\"value\":\"b\"} | The value of the key \"k\" is not a text. | [1]",
                "remove_value     | [1]     | {}                                   | {\"success\":true} | -",
                "remove_value     | -       | {}                                   | {\"success\":true} | -",
                "add_to_list      | -       | {\"value\":[1]}                      | [1]       | [1]",
                "add_to_list      | \"[1]\" | {\"value\":\"[2,1]\"}                | [1,2,1]   | [1,2,1]",
                "add_to_list      | [{\"a\":1.0}] | {\"value\":[{\"a\":1},2],\"ignore_if_exists\":true} | [{\"a\":1.0},2] | [{\"a\":1.0},2]",
                "add_to_list      | {}      | {\"value\":[1]} | The value of the key \"k\" is not a list. | {}",
                "remove_from_list | [\"a\",\"b\",\"a\"] | {\"value\":\"a\"}        | [\"b\",\"a\"] | [\"b\",\"a\"]",
                "remove_from_list | [1,{\"a\":2}] | {\"value\":{\"a\":2}}          | [1]       | [1]",
                "remove_from_list | -       | {\"value\":\"a\"}                    | []        | -",
                "remove_from_list | \"x\"   | {\"value\":\"a\"} | The value of the key \"k\" is not a list. | \"x\"",
            })
    void actions_answer_what_the_reference_says(
            String action, String before, String input, String output, String after) {
        if (before != null) {
            store.put("k", Json.read(before));
        }

        assertThat(call(action, input)).isEqualTo(output);

        assertThat(store.get("k")).isEqualTo(after == null ? null : Json.read(after));
    }

    @Test
    void each_scope_has_its_own_keys() {
        call("put", "{\"value\":\"project\"}");
        call("put", "{\"value\":\"flow\",\"store_scope\":\"FLOW\"}");
        call("put", "{\"value\":\"run\",\"store_scope\":\"RUN\"}");
        stepTest = true;
        call("put", "{\"value\":\"tested\",\"store_scope\":\"RUN\"}");

        var flow = "flow_" + "F".repeat(21) + "/";
        assertThat(store)
                .containsOnlyKeys("k", flow + "k", flow + "run_" + "R".repeat(21) + "/k", flow + "run_test-run/k");
        assertThat(call("get", "{\"store_scope\":\"FLOW\"}")).isEqualTo("\"flow\"");
        assertThat(call("get", "{\"store_scope\":\"ELSEWHERE\"}")).contains("store_scope");
    }

    @Test
    void keys_have_128_characters_with_their_prefix() {
        var key = "k".repeat(128);

        assertThat(call("put", "{\"value\":\"x\",\"key\":\"" + key + "\"}")).isEqualTo("\"x\"");
        assertThat(call("put", "{\"value\":\"x\",\"key\":\"" + key + "k\"}")).contains("longer than 128");
        assertThat(call("get", "{\"key\":\"" + key + "\",\"store_scope\":\"FLOW\"}"))
                .contains("longer than 101");
        assertThat(call("put", "{\"value\":\"x\"," + "\"key\":\"" + "\\u0000".repeat(65) + "\"}"))
                .contains("longer than 128");
    }
}
