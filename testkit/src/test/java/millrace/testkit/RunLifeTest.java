package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import millrace.engine.Json;
import millrace.engine.RunStatus;

/** Retry, cancel and archive, as a client sees them. */
class RunLifeTest {

    private static ObjectNode named(JsonNode... runs) {
        var selection = Json.object();
        var ids = selection.putArray("flowRunIds");
        for (var run : runs) {
            ids.add(run.path("id").asText());
        }
        return selection;
    }

    private static ObjectNode ofFlow(String flow) {
        var selection = Json.object();
        selection.putArray("flowId").add(flow);
        return selection;
    }

    private static Answer retry(TestMillrace millrace, JsonNode run, String strategy) {
        return millrace.owner()
                .post(
                        "/flow-runs/" + run.path("id").asText() + "/retry",
                        Json.object()
                                .put("projectId", millrace.owner().projectId())
                                .put("strategy", strategy));
    }

    private static void await(CountDownLatch signal) throws InterruptedException {
        assertThat(signal.await(Client.DEADLINE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static String path(TestMillrace millrace, String name) {
        return "/" + name + "-" + System.nanoTime();
    }

    private static Step post(TestMillrace millrace, String path) {
        return Step.httpPost(millrace.echo().url() + path, Json.object().put("a", 1));
    }

    @OnBothDatabases
    void a_retry_goes_on_from_the_failed_step_and_repeats_no_finished_effect(TestMillrace millrace) {
        var first = path(millrace, "first");
        var second = path(millrace, "second");
        millrace.echo().answers(second, 503);
        var flow = millrace.publish(flow().onWebhook()
                .step("a", post(millrace, first))
                .step("b", post(millrace, second))
                .step("c", Step.code("return inputs.n + 1").input("n", "{{trigger['output'].body.n}}")));
        millrace.webhook(flow, "{\"n\": 1}");
        var failed = millrace.onlyRun(flow);
        assertThat(failed.path("status").asText()).isEqualTo("FAILED");
        assertThat(failed.at("/failedStep/name").asText()).isEqualTo("b");
        millrace.echo().answers(second, 200);

        var answer = retry(millrace, failed, "FROM_FAILED_STEP");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("id")).isEqualTo(failed.path("id"));
        var run = millrace.onlyRun(flow);
        assertThat(run.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(run.path("failedStep").isNull()).isTrue();
        assertThat(run.path("stepsCount").asInt()).isEqualTo(3);
        assertThat(run.at("/steps/c/output").asInt()).isEqualTo(2);
        assertThat(millrace.echo().count(first)).isEqualTo(1);
        assertThat(millrace.echo().count(second)).isEqualTo(2);
    }

    @OnBothDatabases
    void a_run_of_one_row_can_fail_and_be_retried_again_and_again(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step("big", Step.code("return 'x'.repeat(100000)"))
                .step("bad", Step.code("throw new Error('never')")));
        millrace.sync(flow, "{\"n\": 1}");

        for (var again = 0; again < 3; again++) {
            assertThat(retry(millrace, millrace.onlyRun(flow), "FROM_FAILED_STEP")
                            .status())
                    .isEqualTo(200);
            var run = millrace.onlyRun(flow);
            assertThat(run.path("status").asText()).isEqualTo("FAILED");
            assertThat(run.at("/steps/big/output").asText()).hasSize(100_000);
            assertThat(run.at("/steps/trigger/output/body/n").asInt()).isEqualTo(1);
        }
    }

    @OnBothDatabases
    void a_retry_on_the_latest_version_is_a_new_run_with_the_old_trigger_output(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook().step("a", Step.code("throw new Error('old')")));
        millrace.webhook(flow, "{\"n\": 7}");
        var failed = millrace.onlyRun(flow);
        var owner = millrace.owner();
        owner.post(
                        "/flows/" + flow,
                        flow().onWebhook()
                                .step("a", Step.code("return inputs.n").input("n", "{{trigger['output'].body.n}}"))
                                .importOperation())
                .success();
        var publish = Json.object().put("type", "LOCK_AND_PUBLISH");
        publish.putObject("request").put("status", "ENABLED");
        owner.post("/flows/" + flow, publish).success();

        var started = retry(millrace, failed, "ON_LATEST_VERSION").success();

        assertThat(started.path("id")).isNotEqualTo(failed.path("id"));
        owner.ended(flow, 2);
        var run = owner.run(started.path("id").asText());
        assertThat(run.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(run.at("/steps/a/output").asInt()).isEqualTo(7);
        assertThat(owner.run(failed.path("id").asText()).path("status").asText())
                .isEqualTo("FAILED");
    }

    @OnBothDatabases
    void what_can_not_be_retried_says_why(TestMillrace millrace) throws InterruptedException {
        var hanging = path(millrace, "hang");
        var reached = millrace.echo().holds(hanging);
        var endless = millrace.publish(flow().onWebhook().step("a", post(millrace, hanging)));
        millrace.webhook(endless, "{}");
        await(reached);
        var running = millrace.owner().awaitOnlyRun(endless, RunStatus.RUNNING);
        var good = millrace.publish(FlowBuilder.fourSteps());
        millrace.sync(good, "{}");

        var ofRunning = retry(millrace, running, "FROM_FAILED_STEP");
        var anewOfRunning = retry(millrace, running, "ON_LATEST_VERSION");
        var ofSucceeded = retry(millrace, millrace.onlyRun(good), "FROM_FAILED_STEP");
        var unknown = retry(millrace, Json.object().put("id", "zzzzzzzzzzzzzzzzzzzzz"), "FROM_FAILED_STEP");
        var badStrategy = retry(millrace, running, "SOMEHOW");

        assertThat(ofRunning.status()).isEqualTo(409);
        assertThat(ofRunning.json().path("code").asText()).isEqualTo("VALIDATION");
        assertThat(ofRunning.json().at("/params/message").asText()).contains("has not ended");
        assertThat(anewOfRunning.status()).isEqualTo(409);
        assertThat(ofSucceeded.status()).isEqualTo(409);
        assertThat(ofSucceeded.json().at("/params/message").asText()).contains("no failed step");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(badStrategy.status()).isEqualTo(400);
        assertThat(millrace.echo().count(hanging)).isEqualTo(1);
        millrace.owner().bulk("cancel", named(running)).success();
    }

    @OnBothDatabases
    void a_run_is_canceled_in_the_middle_of_an_http_step_which_says_what_could_not_be_undone(TestMillrace millrace)
            throws InterruptedException {
        var hanging = path(millrace, "hang");
        var after = path(millrace, "after");
        var reached = millrace.echo().holds(hanging);
        var flow = millrace.publish(flow().onWebhook()
                .step("a", post(millrace, hanging).continueOnFailure().retryOnFailure())
                .step("b", post(millrace, after)));
        millrace.webhook(flow, "{}");
        await(reached);
        var running = millrace.owner().awaitOnlyRun(flow, RunStatus.RUNNING);

        var canceled = millrace.owner().bulk("cancel", named(running)).success();

        assertThat(canceled).isEqualTo(Json.read("{\"canceled\": 1, \"stopping\": []}"));
        var run = millrace.onlyRun(flow);
        assertThat(run.path("status").asText()).isEqualTo("CANCELED");
        assertThat(run.at("/failedStep/name").asText()).isEqualTo("a");
        assertThat(run.at("/failedStep/message").asText()).contains("canceled", "may have taken effect");
        assertThat(run.at("/steps/a/status").asText()).isEqualTo("FAILED");
        assertThat(run.path("finishTime").isTextual()).isTrue();
        assertThat(millrace.echo().count(after)).isZero();
        assertThat(millrace.owner().bulk("cancel", named(running)).json())
                .isEqualTo(Json.read("{\"canceled\": 0, \"stopping\": []}"));
        assertThat(millrace.onlyRun(flow)).isEqualTo(run);
        assertThat(retry(millrace, run, "FROM_FAILED_STEP").status()).isEqualTo(409);
    }

    @OnBothDatabases
    void a_run_is_canceled_in_the_middle_of_code_that_never_ends(TestMillrace millrace) {
        for (var source : List.of("for (;;) {}", "await new Promise(() => {})", "fetch; for (;;) {}")) {
            var flow = millrace.publish(flow().onWebhook().step("a", Step.code(source)));
            millrace.webhook(flow, "{}");
            var running = millrace.owner().awaitOnlyRun(flow, RunStatus.RUNNING);

            var canceled = millrace.owner().bulk("cancel", named(running)).success();

            assertThat(canceled.path("canceled").asInt()).as(source).isEqualTo(1);
            var run = millrace.onlyRun(flow);
            assertThat(run.path("status").asText()).isEqualTo("CANCELED");
            assertThat(run.at("/steps/a/status").asText()).isEqualTo("FAILED");
        }
        assertThat(millrace.sync(millrace.publish(FlowBuilder.fourSteps()), "{}")
                        .text())
                .isEqualTo("6");
    }

    @OnBothDatabases
    void runs_that_wait_are_canceled_by_filter_and_those_that_run_are_left_alone(TestDatabase.Kind kind)
            throws InterruptedException {
        try (var millrace = TestMillrace.start(kind, Map.of("AP_WORKER_CONCURRENCY", "1"))) {
            var hanging = path(millrace, "hang");
            var reached = millrace.echo().holds(hanging);
            var flow = millrace.publish(flow().onWebhook().step("a", post(millrace, hanging)));
            for (var i = 0; i < 5; i++) {
                millrace.webhook(flow, "{}");
            }
            await(reached);

            var canceled = millrace.owner().bulk("cancel", ofFlow(flow)).success();

            assertThat(canceled).isEqualTo(Json.read("{\"canceled\": 4, \"stopping\": []}"));
            var runs = millrace.owner().runs(flow);
            assertThat(runs)
                    .extracting(run -> run.path("status").asText())
                    .containsExactlyInAnyOrder("RUNNING", "CANCELED", "CANCELED", "CANCELED", "CANCELED");
            var waited = runs.stream()
                    .filter(run -> run.path("status").asText().equals("CANCELED"))
                    .findFirst()
                    .orElseThrow();
            assertThat(millrace.owner()
                            .run(waited.path("id").asText())
                            .at("/steps/trigger/status")
                            .asText())
                    .isEqualTo("SUCCEEDED");

            var selection = ofFlow(flow);
            selection.putArray("status").add("RUNNING");
            assertThat(millrace.owner()
                            .bulk("cancel", selection)
                            .json()
                            .path("canceled")
                            .asInt())
                    .isEqualTo(1);
            var impossible = ofFlow(flow);
            impossible.putArray("status").add("FAILED");
            assertThat(millrace.owner().bulk("cancel", impossible).status()).isEqualTo(400);
            assertThat(millrace.echo().count(hanging)).isEqualTo(1);
        }
    }

    @OnBothDatabases
    void filters_select_the_runs_of_a_bulk_retry_and_each_that_can_not_be_retried_says_why(TestMillrace millrace) {
        var path = path(millrace, "flaky");
        millrace.echo().answers(path, 500);
        var flow = millrace.publish(flow().onWebhook().step("a", post(millrace, path)));
        for (var i = 0; i < 4; i++) {
            millrace.webhook(flow, "{}");
        }
        var failed = millrace.owner().ended(flow, 4);
        millrace.echo().answers(path, 200);
        var selection = ofFlow(flow).put("strategy", "FROM_FAILED_STEP").put("failedStepName", "a");
        selection.putArray("excludeFlowRunIds").add(failed.getFirst().path("id").asText());

        var retried = millrace.owner().bulk("retry", selection).success();

        assertThat(retried)
                .hasSize(3)
                .allSatisfy(run -> assertThat(run.has("error")).isFalse());
        assertThat(millrace.owner().ended(flow, 4))
                .extracting(run -> run.path("status").asText())
                .containsExactly("FAILED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED");

        var refused = millrace.owner()
                .bulk("retry", named(failed.getLast()).put("strategy", "FROM_FAILED_STEP"))
                .success();
        assertThat(refused.get(0).at("/error/errorCode").asText()).isEqualTo("VALIDATION");
        assertThat(refused.get(0).path("id")).isEqualTo(failed.getLast().path("id"));
    }

    @OnBothDatabases
    void archived_runs_are_hidden_and_counted_no_more(TestMillrace millrace) {
        var flow = millrace.publish(FlowBuilder.fourSteps());
        for (var i = 0; i < 3; i++) {
            millrace.sync(flow, "{}");
        }
        var runs = millrace.owner().ended(flow, 3);
        var after = "&createdAfter=" + runs.getLast().path("created").asText();
        var counts = "/flow-runs/count-by-status?projectId=" + millrace.owner().projectId() + after;
        var before = succeeded(millrace.owner().get(counts).success());

        assertThat(millrace.owner()
                        .bulk("archive", named(runs.get(0), runs.get(1)))
                        .status())
                .isEqualTo(200);

        assertThat(millrace.owner().runs(flow))
                .extracting(run -> run.path("id"))
                .containsExactly(runs.get(2).path("id"));
        var all = millrace.owner()
                .get("/flow-runs?includeArchived=true&projectId="
                        + millrace.owner().projectId() + "&flowId=" + flow)
                .success()
                .path("data");
        assertThat(all).hasSize(3);
        assertThat(all.get(0).path("archivedAt").isTextual()).isTrue();
        assertThat(succeeded(millrace.owner().get(counts).success())).isEqualTo(before - 2);
    }

    private static int succeeded(JsonNode counts) {
        for (var count : counts.path("data")) {
            if (count.path("status").asText().equals("SUCCEEDED")) {
                return count.path("count").asInt();
            }
        }
        return 0;
    }

    @OnBothDatabases
    void a_run_that_takes_too_long_names_the_step(TestDatabase.Kind kind) {
        try (var millrace = TestMillrace.start(kind, Map.of("AP_FLOW_TIMEOUT_SECONDS", "2"))) {
            var hanging = path(millrace, "hang");
            millrace.echo().holds(hanging);
            var http = millrace.publish(flow().onWebhook().step("a", post(millrace, hanging)));
            var code = millrace.publish(flow().onWebhook()
                    .step("a", Step.code("return 1"))
                    .step("b", Step.code("await new Promise(() => {})")));
            millrace.webhook(http, "{}");
            millrace.webhook(code, "{}");

            var late = millrace.onlyRun(http);
            assertThat(late.path("status").asText()).isEqualTo("TIMEOUT");
            assertThat(late.at("/failedStep/name").asText()).isEqualTo("a");
            late = millrace.onlyRun(code);
            assertThat(late.path("status").asText()).isEqualTo("TIMEOUT");
            assertThat(late.at("/failedStep/name").asText()).isEqualTo("b");
            assertThat(Duration.ofMillis(late.at("/steps/b/duration").asLong())).isLessThan(Duration.ofSeconds(30));
        }
    }

    private static Step call(String callee) {
        var props = Json.object();
        props.putObject("payload").put("n", 1);
        return Step.piece("@activepieces/piece-subflows", "0.6.3", "callFlow")
                .input("flowId", callee)
                .input("mode", "simple")
                .input("flowProps", props)
                .input("waitForResponse", Json.object().booleanNode(true));
    }

    private static FlowBuilder waitingCallee() {
        return flow().onCall()
                .step(
                        "pause",
                        Step.piece("@activepieces/piece-delay", "0.3.0", "delayFor")
                                .input("unit", "minutes")
                                .input("delayFor", 5));
    }

    @OnBothDatabases
    void a_canceled_run_takes_those_it_has_called_along_and_fails_the_one_that_waits_for_it(TestMillrace millrace) {
        var callee = millrace.publish(waitingCallee());
        var caller = millrace.publish(flow().onWebhook().step("call", call(callee)));
        millrace.webhook(caller, "{}");
        var called = millrace.owner().awaitOnlyRun(callee, RunStatus.PAUSED);

        millrace.owner().bulk("cancel", named(called)).success();

        assertThat(millrace.onlyRun(callee).path("status").asText()).isEqualTo("CANCELED");
        var failed = millrace.onlyRun(caller);
        assertThat(failed.path("status").asText()).isEqualTo("FAILED");
        assertThat(failed.at("/failedStep/message").asText()).contains("CANCELED");

        var second = millrace.publish(waitingCallee());
        var other = millrace.publish(flow().onWebhook().step("call", call(second)));
        millrace.webhook(other, "{}");
        var waiting = millrace.owner().awaitOnlyRun(other, RunStatus.PAUSED);
        millrace.owner().awaitOnlyRun(second, RunStatus.PAUSED);
        assertThat(millrace.owner().bulk("cancel", named(waiting)).json())
                .isEqualTo(Json.read("{\"canceled\": 2, \"stopping\": []}"));
        assertThat(millrace.onlyRun(second).path("status").asText()).isEqualTo("CANCELED");
        assertThat(millrace.onlyRun(other).path("status").asText()).isEqualTo("CANCELED");
    }

    private static JsonNode why(TestMillrace millrace, JsonNode run) {
        return millrace.owner()
                .get("/flow-runs/" + run.path("id").asText() + "/why")
                .success();
    }

    @OnBothDatabases
    void a_run_says_why_it_is_where_it_is(TestDatabase.Kind kind) throws InterruptedException {
        try (var millrace = TestMillrace.start(kind, Map.of("AP_WORKER_CONCURRENCY", "1"))) {
            var hanging = path(millrace, "hang");
            var reached = millrace.echo().holds(hanging);
            var waits = millrace.publish(flow().onWebhook()
                    .step(
                            "pause",
                            Step.piece("@activepieces/piece-delay", "0.3.0", "delayFor")
                                    .input("unit", "minutes")
                                    .input("delayFor", 5)));
            millrace.webhook(waits, "{}");
            var paused = millrace.owner().awaitOnlyRun(waits, RunStatus.PAUSED);
            var busy = millrace.publish(flow().onWebhook().step("a", post(millrace, hanging)));
            millrace.webhook(busy, "{}");
            await(reached);
            var running = millrace.owner().awaitOnlyRun(busy, RunStatus.RUNNING);
            var bad = millrace.publish(flow().onWebhook().step("b", Step.code("throw new Error('no luck')")));
            millrace.webhook(bad, "{}");
            var queued = millrace.owner().awaitOnlyRun(bad, RunStatus.QUEUED);

            assertThat(why(millrace, paused).path("reason").asText()).isEqualTo("WAITPOINT");
            assertThat(why(millrace, paused).path("step").asText()).isEqualTo("pause");
            assertThat(why(millrace, paused).path("until").isTextual()).isTrue();
            assertThat(why(millrace, running).path("reason").asText()).isEqualTo("STEP");
            assertThat(why(millrace, running).path("text").asText()).contains("calls a");
            assertThat(why(millrace, queued).path("reason").asText()).isEqualTo("SLOT");
            assertThat(why(millrace, queued).path("text").asText()).contains("1 of them of its project");
            assertThat(millrace.owner()
                            .get("/flow-runs/zzzzzzzzzzzzzzzzzzzzz/why")
                            .status())
                    .isEqualTo(404);

            millrace.owner().bulk("cancel", named(running, paused)).success();
            var ended = why(millrace, millrace.onlyRun(bad));
            assertThat(ended.path("reason").asText()).isEqualTo("ENDED");
            assertThat(ended.path("step").asText()).isEqualTo("b");
            assertThat(ended.path("text").asText()).contains("FAILED in b", "no luck", "can be retried");
            assertThat(millrace.onlyRun(waits).path("status").asText()).isEqualTo("CANCELED");
        }
    }

    @OnBothDatabases
    void bad_bulk_bodies_are_refused(TestMillrace millrace) {
        var owner = millrace.owner();

        assertThat(owner.post("/flow-runs/cancel", Json.object()).status()).isEqualTo(400);
        assertThat(owner.post("/flow-runs/retry", Json.object().put("projectId", owner.projectId()))
                        .status())
                .isEqualTo(400);
        assertThat(owner.post("/flow-runs/archive", Json.object().put("projectId", "zzzzzzzzzzzzzzzzzzzzz"))
                        .status())
                .isEqualTo(403);
        var odd = Json.object();
        odd.putArray("flowRunIds").add("\0");
        assertThat(owner.bulk("cancel", odd).status()).isEqualTo(400);
        assertThat(owner.bulk("retry", odd.put("strategy", "FROM_FAILED_STEP")).status())
                .isEqualTo(400);
        odd.putArray("flowRunIds").add("zzzzzzzzzzzzzzzzzzzzz");
        assertThat(owner.bulk("cancel", odd).json()).isEqualTo(Json.read("{\"canceled\": 0, \"stopping\": []}"));
        odd.remove("flowRunIds");
        assertThat(owner.bulk("archive", odd.put("failedStepName", "\0")).status())
                .isEqualTo(200);
        odd.remove("failedStepName");
        assertThat(owner.bulk("archive", odd.put("failedStepMessage", "%\0")).status())
                .isEqualTo(200);
    }
}
