package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import millrace.engine.Json;

/** Runs that wait for an answer, by the HTTP API alone. */
class PauseTest {
    private static final String RECORDED = "Your response has been recorded. You can close this page now.";
    private static final String EXPIRED = "This link has expired. The action may have already been processed.";

    private static Step approval(String action) {
        return Step.piece("@activepieces/piece-approval", "0.1.8", action);
    }

    private static Step answerAndWait() {
        return Step.piece("@activepieces/piece-webhook", "0.1.29", "return_response_and_wait_for_next_webhook")
                .input("responseType", "json")
                .input("fields", Json.object().set("body", Json.object().put("ask", "name")));
    }

    /** The path below the API of a link that a step made. */
    private static String path(JsonNode link) {
        var url = URI.create(link.asText());
        return url.getRawPath().substring("/api/v1".length()) + "?" + url.getRawQuery();
    }

    @OnBothDatabases
    void a_run_waits_through_a_restart_and_its_link_works_once(TestDatabase.Kind kind) {
        try (var millrace = TestMillrace.start(kind)) {
            var flow = millrace.publish(flow().onWebhook()
                    .step("links", approval("create_approval_links"))
                    .step("wait", approval("wait_for_approval"))
                    .step(
                            "tell",
                            Step.httpPost(
                                    millrace.echo().url() + "/told",
                                    Json.object().put("approved", "{{wait['output'].approved}}"))));
            millrace.webhook(flow, "{}");
            var paused = millrace.owner().paused(flow);
            var link = path(paused.at("/steps/links/output/approvalLink"));
            var other = path(paused.at("/steps/links/output/disapprovalLink"));

            millrace.restart();
            var first = millrace.owner().open("GET", link, null);
            var second = millrace.owner().open("GET", other, null);

            assertThat(first.success().path("message").asText()).isEqualTo(RECORDED);
            assertThat(second.success().path("message").asText()).isEqualTo(EXPIRED);
            var run = millrace.onlyRun(flow);
            assertThat(run.path("status").asText()).isEqualTo("SUCCEEDED");
            assertThat(run.at("/steps/wait/output/approved").asBoolean()).isTrue();
            assertThat(millrace.echo().requests())
                    .filteredOn(request -> request.path("path").asText().equals("/told"))
                    .hasSize(1);
        }
    }

    @OnBothDatabases
    void callers_talk_to_a_run_one_after_the_other(TestMillrace millrace) {
        var flow = millrace.publish(
                flow().onWebhook().step("ask", answerAndWait()).step("greet", Step.respond("{{ask['output'].body}}")));

        var asked = millrace.sync(flow, "{}");
        var next =
                asked.headers().firstValue("x-activepieces-resume-webhook-url").orElseThrow();
        var path = path(Json.object().textNode(next));
        var greeted = millrace.owner().open("POST", path, Json.object().put("name", "Ada"));

        assertThat(asked.success()).isEqualTo(Json.read("{\"ask\": \"name\"}"));
        assertThat(greeted.success()).isEqualTo(Json.read("{\"name\": \"Ada\"}"));
        assertThat(millrace.onlyRun(flow)
                        .at("/steps/ask/output/queryParams/runId")
                        .asText())
                .isEqualTo(path.split("/")[2]);
    }

    @OnBothDatabases
    void a_flow_waits_for_the_answer_of_another(TestMillrace millrace) {
        var answer = Json.object();
        answer.putObject("response").put("double", "{{twice['output']}}");
        var callee = millrace.publish(flow().onCall()
                .step("twice", Step.code("return inputs.n * 2").input("n", "{{trigger['output'].data.n}}"))
                .step(
                        "answer",
                        Step.piece("@activepieces/piece-subflows", "0.6.3", "returnResponse")
                                .input("mode", "simple")
                                .input("response", answer)));
        var props = Json.object();
        props.putObject("payload").put("n", "{{trigger['output'].body.n}}");
        var caller = millrace.publish(flow().onWebhook()
                .step(
                        "call",
                        Step.piece("@activepieces/piece-subflows", "0.6.3", "callFlow")
                                .input("flowId", callee)
                                .input("mode", "simple")
                                .input("flowProps", props)
                                .input("waitForResponse", Json.object().booleanNode(true)))
                .step("tell", Step.respond("{{call['output'].data.double}}")));

        var told = millrace.sync(caller, "{\"n\": 21}");

        assertThat(told.text()).isEqualTo("42");
        assertThat(millrace.onlyRun(callee).path("parentRunId"))
                .isEqualTo(millrace.onlyRun(caller).path("id"));
    }

    @OnBothDatabases
    void a_webhook_that_claims_to_be_called_by_a_run_has_no_parent(TestMillrace millrace) {
        var victim = millrace.publish(flow().onWebhook().step("wait", approval("wait_for_approval")));
        millrace.webhook(victim, "{}");
        var waiting = millrace.owner().paused(victim).path("id").asText();
        var flow = millrace.publish(flow().onWebhook().step("bad", Step.code("throw new Error('no')")));

        var answer = millrace.owner()
                .open(
                        "POST",
                        "/webhooks/" + flow,
                        Json.object(),
                        "ap-parent-run-id",
                        waiting,
                        "ap-fail-parent-on-failure",
                        "true");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(millrace.onlyRun(flow).path("parentRunId").isNull()).isTrue();
        assertThat(millrace.owner().run(waiting).path("status").asText()).isEqualTo("PAUSED");
    }

    @OnBothDatabases
    void what_can_not_be_resumed_is_told_so(TestMillrace millrace) {
        var flow = millrace.publish(
                flow().onWebhook().step("ask", answerAndWait()).step("greet", Step.respond("{{ask['output'].body}}")));
        var next = millrace.sync(flow, "{}")
                .headers()
                .firstValue("x-activepieces-resume-webhook-url")
                .orElseThrow();
        var sync = path(Json.object().textNode(next));
        var waiting = sync.substring(0, sync.indexOf("/sync"));
        var runId = waiting.split("/")[2];
        var unknown = "0".repeat(21);
        var owner = millrace.owner();

        var otherWaitpoint = owner.open("POST", "/flow-runs/" + runId + "/waitpoints/" + unknown + "/sync", null);
        var otherRun = owner.open("POST", waiting.replace(runId, unknown), Json.object());
        owner.open("POST", waiting, Json.object()).success();
        millrace.onlyRun(flow);
        var ended = owner.open("POST", sync, Json.object());
        var endedLater = owner.open("PUT", "/flow-runs/" + runId + "/requests/anything", Json.object());

        assertThat(otherWaitpoint.status()).isEqualTo(410);
        assertThat(otherRun.success().path("message").asText()).isEqualTo(EXPIRED);
        assertThat(ended.status()).isEqualTo(409);
        assertThat(ended.json())
                .isEqualTo(Json.read("{\"message\": \"Flow run is not paused\", \"flowRunStatus\": \"SUCCEEDED\"}"));
        assertThat(endedLater.success().path("message").asText()).isEqualTo(EXPIRED);
    }
}
