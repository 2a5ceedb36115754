package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.engine.Json;
import millrace.engine.RunStatus;

/** Runs that begin with the finished steps of others. */
class ForkTest {

    private static Answer fork(TestMillrace millrace, JsonNode run, ObjectNode fork) {
        return millrace.owner().post("/flow-runs/" + run.path("id").asText() + "/fork", fork);
    }

    private static ObjectNode at(String path) {
        return Json.object().put("stepPath", path);
    }

    private static JsonNode forked(TestMillrace millrace, JsonNode run, ObjectNode fork) {
        var child = fork(millrace, run, fork).success();
        assertThat(child.path("forkedFromRunId")).isEqualTo(run.path("id"));
        assertThat(child.path("id")).isNotEqualTo(run.path("id"));
        var ended = millrace.owner().awaitEnd(child.path("id").asText());
        assertThat(ended.path("forkedFromRunId")).isEqualTo(run.path("id"));
        assertThat(millrace.owner().run(run.path("id").asText())).isEqualTo(run);
        return ended;
    }

    private static String path(String name) {
        return "/" + name + "-" + System.nanoTime();
    }

    @OnBothDatabases
    void a_fork_keeps_what_came_before_and_executes_the_rest_with_other_data(TestMillrace millrace) {
        var before = path("before");
        var after = path("after");
        var flow = millrace.publish(flow().onWebhook()
                .step(
                        "a",
                        Step.httpPost(
                                millrace.echo().url() + before, Json.object().put("x", 1)))
                .step(
                        "big",
                        Step.code("return {text: 'x'.repeat(100000), n: inputs.n}")
                                .input("n", "{{trigger['output'].body.n}}"))
                .step("b", Step.code("return inputs.n * 2").input("n", "{{big['output'].n}}"))
                .step(
                        "c",
                        Step.httpPost(
                                millrace.echo().url() + after, Json.object().put("x", "{{b['output']}}"))));
        millrace.webhook(flow, "{\"n\": 4}");
        var run = millrace.onlyRun(flow);

        var same = forked(millrace, run, at("b"));
        var input = at("b");
        input.putObject("input").put("n", 10);
        var edited = forked(millrace, run, input);
        var output = at("b");
        output.putObject("outputs").putObject("big").put("n", 7);
        var replaced = forked(millrace, run, output);

        assertThat(run.path("status").asText()).isEqualTo(RunStatus.SUCCEEDED.name());
        assertThat(same.at("/steps/b/output").asInt()).isEqualTo(8);
        assertThat(same.at("/steps/big/output/text").asText()).hasSize(100_000);
        assertThat(edited.at("/steps/b/output").asInt()).isEqualTo(20);
        assertThat(edited.at("/steps/b/input/n").asInt()).isEqualTo(10);
        assertThat(replaced.at("/steps/b/output").asInt()).isEqualTo(14);
        assertThat(replaced.path("stepsCount").asInt()).isEqualTo(4);
        assertThat(millrace.echo().count(before)).isEqualTo(1);
        assertThat(millrace.echo().count(after)).isEqualTo(4);
    }

    @OnBothDatabases
    void a_fork_begins_in_the_middle_of_a_loop(TestMillrace millrace) {
        var called = path("called");
        var flow = millrace.publish(flow().onWebhook()
                .step(
                        "each",
                        Step.loop("{{trigger['output'].body.list}}")
                                .step(
                                        "post",
                                        Step.httpPost(
                                                millrace.echo().url() + called,
                                                Json.object().put("i", "{{each['output'].item}}")))
                                .step("twice", Step.code("return inputs.i * 2").input("i", "{{each['output'].item}}")))
                .step("last", Step.code("return 'end'")));
        millrace.webhook(flow, "{\"list\": [1, 2, 3]}");
        var run = millrace.onlyRun(flow);
        assertThat(millrace.echo().count(called)).isEqualTo(3);

        var fork = at("each[1]/twice");
        fork.putObject("input").put("i", 50);
        var inner = forked(millrace, run, fork);
        var items = at("each");
        items.putObject("input").putArray("items").add(9);
        var other = forked(millrace, run, items);

        var iterations = inner.at("/steps/each/output/iterations");
        assertThat(iterations).hasSize(3);
        assertThat(iterations.get(0).at("/twice/output").asInt()).isEqualTo(2);
        assertThat(iterations.get(1).at("/twice/output").asInt()).isEqualTo(100);
        assertThat(iterations.get(2).at("/twice/output").asInt()).isEqualTo(6);
        assertThat(inner.at("/steps/last/output").asText()).isEqualTo("end");
        assertThat(other.at("/steps/each/output/iterations")).hasSize(1);
        assertThat(other.at("/steps/each/output/iterations/0/twice/output").asInt())
                .isEqualTo(18);
        assertThat(millrace.echo().count(called)).isEqualTo(3 + 1 + 1);
    }

    @OnBothDatabases
    void a_fork_from_the_trigger_runs_anew_with_another_event(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step("a", Step.code("return inputs.n + 1").input("n", "{{trigger['output'].body.n}}")));
        millrace.webhook(flow, "{\"n\": 4}");
        var run = millrace.onlyRun(flow);
        var fork = at("trigger");
        fork.putObject("outputs").putObject("trigger").putObject("body").put("n", 9);

        var child = forked(millrace, run, fork);

        assertThat(child.at("/steps/a/output").asInt()).isEqualTo(10);
        assertThat(child.at("/steps/trigger/output/body/n").asInt()).isEqualTo(9);
    }

    @OnBothDatabases
    void a_fork_that_can_not_be_is_refused(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step("a", Step.code("return 1"))
                .step(
                        "wait",
                        Step.piece("@activepieces/piece-delay", "0.3.22", "delayFor")
                                .input("unit", "days")
                                .input("delayFor", 2)));
        millrace.webhook(flow, "{}");
        var waiting = millrace.owner().paused(flow);
        assertThat(waiting.path("stepsCount").asInt()).isEqualTo(1);
        assertThat(fork(millrace, waiting, at("a")).status()).isEqualTo(409);
        millrace.owner()
                .bulk("cancel", Json.object().set("flowRunIds", Json.array().add(waiting.path("id"))));
        var run = millrace.onlyRun(flow);

        var late = at("a");
        late.putObject("outputs").put("wait", 1);
        var loop = at("a").put("input", 1);

        assertThat(fork(millrace, run, at("nobody")).status()).isEqualTo(404);
        assertThat(fork(millrace, run, at("wait[0]/a")).status()).isEqualTo(404);
        assertThat(fork(millrace, run, late).status()).isEqualTo(400);
        assertThat(fork(millrace, run, loop).status()).isEqualTo(400);
        assertThat(fork(millrace, run, Json.object()).status()).isEqualTo(400);
        assertThat(fork(millrace, Json.object().put("id", "a".repeat(21)), at("a"))
                        .status())
                .isEqualTo(404);
    }
}
