package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static millrace.testkit.FlowBuilder.fourSteps;
import static org.assertj.core.api.Assertions.assertThat;

import millrace.engine.Json;

class FirstFlowTest {
    @OnBothDatabases
    void four_steps_answer_six(TestMillrace millrace) {
        var flow = millrace.publish(fourSteps());

        var answer = millrace.sync(flow, "{}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("6");
    }

    @OnBothDatabases
    void the_run_shows_every_step_with_input_and_output(TestMillrace millrace) {
        var flow = millrace.publish(fourSteps());
        millrace.sync(flow, """
                {"order": 7}""");

        var run = millrace.onlyRun(flow);

        assertThat(run.path("status").asText()).isEqualTo("SUCCEEDED");
        var steps = run.path("steps");
        assertThat(steps.at("/trigger/output/body")).isEqualTo(Json.read("{\"order\": 7}"));
        assertThat(steps.at("/step_1/input")).isEqualTo(Json.read("{\"first_number\": 2, \"second_number\": 3}"));
        assertThat(steps.at("/step_1/output").asInt()).isEqualTo(5);
        assertThat(steps.at("/step_2/input/sum").asInt()).isEqualTo(5);
        assertThat(steps.at("/step_2/output").asInt()).isEqualTo(6);
        assertThat(steps.at("/step_3/status").asText()).isEqualTo("SUCCEEDED");
    }

    @OnBothDatabases
    void an_asynchronous_webhook_is_answered_at_once_and_its_run_ends(TestMillrace millrace) {
        var flow = millrace.publish(fourSteps());

        var answer = millrace.webhook(flow, "{}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("{}");
        assertThat(millrace.onlyRun(flow).path("status").asText()).isEqualTo("SUCCEEDED");
    }

    @OnBothDatabases
    void an_effect_reaches_the_outside_once(TestMillrace millrace) {
        var url = millrace.echo().url() + "/once-" + System.identityHashCode(millrace);
        var flow = millrace.publish(flow().onWebhook()
                .step("call", Step.httpPost(url, Json.object().put("amount", "{{trigger['output'].body.amount}}")))
                .step("report", Step.respond("{{call['output'].body}}")));

        var answer = millrace.sync(flow, """
                {"amount": 5}""");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(millrace.echo().requests())
                .filteredOn(request -> url.endsWith(request.path("path").asText()))
                .singleElement()
                .satisfies(request ->
                        assertThat(Json.read(request.path("body").asText())).isEqualTo(Json.read("{\"amount\": 5}")));
    }

    @OnBothDatabases
    void a_loop_runs_its_body_for_each_item(TestMillrace millrace) {
        var flow = millrace.publish(flow().onWebhook()
                .step(
                        "each",
                        Step.loop("{{trigger['output'].body.items}}")
                                .step(
                                        "twice",
                                        Step.code("return inputs.item * 2").input("item", "{{each['output'].item}}")))
                .step("answer", Step.respond("{{each['output'].iterations}}")));

        var answer = millrace.sync(flow, """
                {"items": [1, 2, 3]}""");

        assertThat(answer.json()).hasSize(3);
        assertThat(answer.json().get(2).at("/twice/output").asInt()).isEqualTo(6);
    }

    @OnBothDatabases
    void everything_is_there_after_a_restart(TestDatabase.Kind kind) {
        try (var millrace = TestMillrace.start(kind)) {
            var flow = millrace.publish(fourSteps());
            millrace.sync(flow, "{}");
            var before = millrace.onlyRun(flow);

            millrace.restart();

            assertThat(millrace.onlyRun(flow)).isEqualTo(before);
            assertThat(millrace.sync(flow, "{}").text()).isEqualTo("6");
        }
    }
}
