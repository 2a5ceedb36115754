package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.function.Function;
import millrace.engine.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Flows that start themselves come to an end, and only our own steps can name a parent. */
class CallBoundsTest {
    private static TestMillrace millrace;

    @BeforeAll
    static void start() {
        millrace = TestMillrace.start(
                TestDatabase.Kind.SQLITE, Map.of("AP_MAX_FLOW_CALL_DEPTH", "3", "AP_MAX_SELF_STARTS_PER_MINUTE", "5"));
    }

    @AfterAll
    static void stop() {
        millrace.close();
    }

    /** The first run and those that it led to, once one of them has failed. */
    private static JsonNode awaitFailed(String flow) {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (System.nanoTime() < deadline) {
            for (var run : millrace.owner().runs(flow)) {
                if (run.path("status").asText().equals("FAILED")) {
                    return run;
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no run of " + flow + " has failed");
    }

    /** The flow that calls this address, made first so that its address is known. */
    private static String selfCaller(ObjectNode body, String... headers) {
        return selfCaller(address -> {
            var step = Step.httpPost(address, body);
            if (headers.length > 0) {
                var given = Json.object();
                for (var i = 0; i < headers.length; i += 2) {
                    given.put(headers[i], headers[i + 1]);
                }
                step.input("headers", given);
            }
            return step;
        });
    }

    private static String selfCaller(Function<String, Step> calling) {
        var created = millrace.owner()
                .post(
                        "/flows",
                        Json.object()
                                .put("displayName", "self")
                                .put("projectId", millrace.owner().projectId()))
                .success();
        var id = created.path("id").asText();
        var step = calling.apply(millrace.base() + "/api/v1/webhooks/" + id);
        var operation = flow().onWebhook().step("again", step).importOperation();
        millrace.owner().post("/flows/" + id, operation).success();
        var publish = Json.object().put("type", "LOCK_AND_PUBLISH");
        publish.putObject("request").put("status", "ENABLED");
        millrace.owner().post("/flows/" + id, publish).success();
        return id;
    }

    @Test
    void a_flow_that_calls_its_own_webhook_stops_at_the_depth() {
        var flow = selfCaller(Json.object().put("a", 1));

        millrace.webhook(flow, "{}");

        var failed = awaitFailed(flow);
        assertThat(failed.at("/failedStep/message").asText()).contains("AP_MAX_FLOW_CALL_DEPTH");
        assertThat(millrace.owner().ended(flow, 4)).hasSize(4);
        var why = millrace.owner()
                .get("/flow-runs/" + failed.path("id").asText() + "/why")
                .success();
        assertThat(why.path("text").asText()).contains("AP_MAX_FLOW_CALL_DEPTH");
    }

    @Test
    void a_flow_whose_code_fetches_its_own_webhook_stops_at_the_depth() {
        var flow = selfCaller(address -> Step.code("const answer = await fetch(new URL('" + address + "'),"
                + " { method: 'POST', headers: { 'ap-signed-caller': 'e30.AAAA' }, body: '{}' });"
                + " if (!answer.ok) throw new Error(await answer.text());"));

        millrace.webhook(flow, "{}");

        assertThat(awaitFailed(flow).at("/failedStep/message").asText()).contains("AP_MAX_FLOW_CALL_DEPTH");
        assertThat(millrace.owner().ended(flow, 4)).hasSize(4);
    }

    @Test
    void a_flow_that_calls_itself_as_a_subflow_stops_at_the_depth() {
        var flow = millrace.owner()
                .post(
                        "/flows",
                        Json.object()
                                .put("displayName", "sub")
                                .put("projectId", millrace.owner().projectId()))
                .success();
        var id = flow.path("id").asText();
        var step = Step.piece("@activepieces/piece-subflows", "0.6.3", "callFlow")
                .input("flowId", flow.path("externalId").asText())
                .input("mode", "advanced")
                .input("flowProps", Json.object().set("payload", Json.object()));
        millrace.owner()
                .post("/flows/" + id, flow().onCall().step("again", step).importOperation())
                .success();
        var publish = Json.object().put("type", "LOCK_AND_PUBLISH");
        publish.putObject("request").put("status", "ENABLED");
        millrace.owner().post("/flows/" + id, publish).success();

        millrace.webhook(id, "{\"data\": {}}");

        assertThat(awaitFailed(id).at("/failedStep/message").asText()).contains("AP_MAX_FLOW_CALL_DEPTH");
        assertThat(millrace.owner().ended(id, 4)).hasSize(4);
    }

    @Test
    void a_flow_may_start_itself_only_so_often() {
        var flow = selfCaller(Json.object().put("a", 1));

        for (var i = 0; i < 4; i++) {
            millrace.webhook(flow, "{}");
        }

        var runs = millrace.owner().ended(flow, 9);
        assertThat(runs).hasSize(9);
        assertThat(runs)
                .anyMatch(run -> run.at("/failedStep/message").asText().contains("AP_MAX_SELF_STARTS_PER_MINUTE"));
    }

    @Test
    void a_parent_counts_only_when_our_own_step_names_it() {
        var flow = millrace.publish(flow().onWebhook().step("a", Step.code("return 1")));
        millrace.webhook(flow, "{}");
        var parent = millrace.onlyRun(flow).path("id").asText();

        millrace.owner()
                .open(
                        "POST",
                        "/webhooks/" + flow,
                        Json.object(),
                        "ap-parent-run-id",
                        parent,
                        "ap-signed-caller",
                        "e30.AAAA",
                        "ap-fail-parent-on-failure",
                        "true");

        assertThat(millrace.owner().ended(flow, 2))
                .hasSize(2)
                .allMatch(run -> run.path("parentRunId").isNull());
    }
}
