package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;

/** Tests of drafts, of their steps and of their triggers, as the editor makes them. */
class DraftTest {

    private static ObjectNode body(TestMillrace millrace) {
        return Json.object().put("projectId", millrace.owner().projectId());
    }

    private static ObjectNode body(TestMillrace millrace, JsonNode flow) {
        return body(millrace).put("flowVersionId", flow.at("/version/id").asText());
    }

    private static JsonNode flowOf(TestMillrace millrace, String flowId) {
        return millrace.owner().get("/flows/" + flowId).success();
    }

    private static JsonNode testedStep(TestMillrace millrace, JsonNode flow, String step) {
        var run = millrace.owner()
                .post("/sample-data/test-step", body(millrace, flow).put("stepName", step))
                .success();
        assertThat(run.path("environment").asText()).isEqualTo("TESTING");
        assertThat(run.path("stepNameToTest").asText()).isEqualTo(step);
        return millrace.owner().awaitEnd(run.path("id").asText());
    }

    private static JsonNode sample(TestMillrace millrace, JsonNode flow, String step, String type) {
        return millrace.owner()
                .get("/sample-data?projectId=" + millrace.owner().projectId() + "&flowId="
                        + flow.path("id").asText() + "&flowVersionId="
                        + flow.at("/version/id").asText() + "&stepName=" + step + "&type=" + type)
                .success();
    }

    /** A flow with a draft: what was published is edited again. */
    private static JsonNode draft(TestMillrace millrace, FlowBuilder flow) {
        var flowId = millrace.publish(flow);
        return millrace.owner()
                .post(
                        "/flows/" + flowId,
                        Json.object()
                                .put("type", "CHANGE_NAME")
                                .<ObjectNode>set("request", Json.object().put("displayName", "draft")))
                .success();
    }

    private static FlowBuilder threeSteps() {
        return flow().onWebhook()
                .step("a", Step.code("return inputs.n + 1").input("n", "{{trigger['output'].body.n}}"))
                .step(
                        "each",
                        Step.loop("{{a['output'] > 0 ? [a['output'], 9] : []}}")
                                .step("inner", Step.code("return inputs.i * 2").input("i", "{{each['output'].item}}")))
                .step("c", Step.code("throw new Error('no')").retryOnFailure().continueOnFailure());
    }

    @OnBothDatabases
    void a_draft_runs_with_the_sample_data_of_its_trigger_and_no_list_shows_it(TestMillrace millrace) {
        var flow = draft(
                millrace,
                flow().onWebhook()
                        .step("a", Step.code("return inputs.n + 1").input("n", "{{trigger['output'].body.n}}")));
        var flowId = flow.path("id").asText();
        millrace.owner()
                .post("/webhooks/" + flowId + "/test", Json.object().put("n", 41))
                .success();

        var run = millrace.owner().post("/flow-runs/test", body(millrace, flow)).success();

        var ended = millrace.owner().awaitEnd(run.path("id").asText());
        assertThat(ended.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(ended.path("environment").asText()).isEqualTo("TESTING");
        assertThat(ended.at("/steps/a/output").asInt()).isEqualTo(42);
        assertThat(millrace.owner().runs(flowId)).isEmpty();
    }

    @OnBothDatabases
    void a_step_is_tested_with_the_sample_data_of_the_steps_before_it(TestMillrace millrace) {
        var flow = draft(millrace, threeSteps());
        var flowId = flow.path("id").asText();
        millrace.owner()
                .post("/webhooks/" + flowId + "/draft", Json.object().put("n", 4))
                .success();

        assertThat(testedStep(millrace, flow, "inner")
                        .at("/steps/inner/input/i")
                        .asText())
                .isEmpty();
        var first = testedStep(millrace, flow, "a");
        var loop = testedStep(millrace, flow, "each");
        var inner = testedStep(millrace, flow, "inner");

        assertThat(first.at("/steps/a/output").asInt()).isEqualTo(5);
        assertThat(loop.at("/steps/each/output/item").asInt()).isEqualTo(5);
        assertThat(loop.at("/steps/each/output/index").asInt()).isEqualTo(1);
        assertThat(loop.at("/steps/each/output/iterations").isEmpty()).isTrue();
        assertThat(inner.at("/steps/inner/output").asInt()).isEqualTo(10);
        assertThat(inner.path("steps").has("a")).isFalse();
        assertThat(sample(millrace, flow, "inner", "OUTPUT").asInt()).isEqualTo(10);
        assertThat(sample(millrace, flow, "inner", "INPUT").path("i").asInt()).isEqualTo(5);
        var settings = flowOf(millrace, flowId).at("/version/trigger/nextAction/settings/sampleData");
        assertThat(settings.path("sampleDataFileId").isTextual()).isTrue();
        assertThat(settings.path("lastTestDate").isTextual()).isTrue();
    }

    @OnBothDatabases
    void a_tested_step_that_fails_is_not_tried_again_and_nothing_continues(TestMillrace millrace) {
        var flow = draft(millrace, threeSteps());

        var run = testedStep(millrace, flow, "c");

        assertThat(run.path("status").asText()).isEqualTo("FAILED");
        assertThat(run.at("/failedStep/name").asText()).isEqualTo("c");
        assertThat(sample(millrace, flow, "c", "OUTPUT")).isEqualTo(Json.object());
    }

    @OnBothDatabases
    void a_published_version_stays_as_it_is_when_its_steps_are_tested(TestMillrace millrace) {
        var flowId = millrace.publish(threeSteps());
        var flow = flowOf(millrace, flowId);

        testedStep(millrace, flow, "a");

        assertThat(sample(millrace, flow, "a", "INPUT").path("n").asText()).isEmpty();
        assertThat(sample(millrace, flow, "a", "OUTPUT").asText()).isEqualTo("1");
        assertThat(flowOf(millrace, flowId).path("version")).isEqualTo(flow.path("version"));
    }

    @OnBothDatabases
    void the_next_delivery_is_kept_while_a_test_listens_and_no_longer(TestMillrace millrace) {
        var flow = draft(millrace, threeSteps());
        var flowId = flow.path("id").asText();
        var test = body(millrace, flow).put("flowId", flowId).put("testStrategy", "SIMULATION");
        millrace.owner().post("/test-trigger", test).success();

        millrace.webhook(flowId, "{\"n\": 1}");
        millrace.webhook(flowId, "{\"n\": 2}");

        var events = millrace.owner()
                .get("/trigger-events?projectId=" + millrace.owner().projectId() + "&flowId=" + flowId)
                .success()
                .path("data");
        assertThat(events).hasSize(1);
        assertThat(events.get(0).at("/payload/body/n").asInt()).isEqualTo(1);
        assertThat(events.get(0).path("sourceName").asText())
                .startsWith("@activepieces/piece-webhook@0.1:catch_webhook");
        assertThat(sample(millrace, flow, "trigger", "OUTPUT").at("/body/n").asInt())
                .isEqualTo(1);
    }

    @OnBothDatabases
    void an_example_takes_the_place_of_former_events_and_made_up_ones_are_kept(TestMillrace millrace) {
        var flow = draft(millrace, threeSteps());
        var flowId = flow.path("id").asText();
        var made = body(millrace).put("flowId", flowId);
        made.putObject("mockData").put("made", "up");
        millrace.owner().post("/trigger-events", made).success();
        assertThat(sample(millrace, flow, "trigger", "OUTPUT").path("made").asText())
                .isEqualTo("up");

        var test = body(millrace, flow).put("flowId", flowId).put("testStrategy", "TEST_FUNCTION");
        var page = millrace.owner().post("/test-trigger", test).success();

        assertThat(page.path("data")).hasSize(1);
        assertThat(sample(millrace, flow, "trigger", "OUTPUT")).isEqualTo(page.at("/data/0/payload"));
    }

    @OnBothDatabases
    void tests_of_what_is_not_there_are_refused(TestMillrace millrace) {
        var flow = draft(millrace, threeSteps());
        var unknown = body(millrace).put("flowVersionId", "a".repeat(21));

        assertThat(millrace.owner().post("/flow-runs/test", unknown).status()).isEqualTo(404);
        assertThat(millrace.owner()
                        .post("/sample-data/test-step", body(millrace, flow).put("stepName", "nobody"))
                        .status())
                .isEqualTo(404);
        assertThat(millrace.owner()
                        .post("/sample-data/test-step", body(millrace, flow).put("stepName", "trigger"))
                        .status())
                .isEqualTo(400);
        assertThat(millrace.owner()
                        .post("/flow-runs/test", body(millrace, flow).put("projectId", "a".repeat(21)))
                        .status())
                .isEqualTo(403);
    }
}
