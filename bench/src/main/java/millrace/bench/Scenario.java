package millrace.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import millrace.engine.Json;
import millrace.testkit.FlowBuilder;
import millrace.testkit.Step;

/**
 * One flow under load.
 *
 * @param what for the table's head
 * @param flow made for the address of a server that answers every request at once
 * @param sync whether callers wait for the flow's answer
 * @param answer the body that each call must get
 * @param stepsPerRun executed steps, those of loops counted each time
 */
record Scenario(
        String what,
        Function<String, FlowBuilder> flow,
        boolean sync,
        JsonNode payload,
        String answer,
        int stepsPerRun) {
    private static final String DONE = "1";

    /** By the name that the command line takes. */
    static Map<String, Scenario> all() {
        return Map.of(
                "webhook-sync",
                new Scenario("webhook, 2 + 3, code, response", sink -> FlowBuilder.fourSteps(), true, hello(), "6", 3),
                "webhook-async",
                new Scenario(
                        "webhook, 2 + 3, code, response; accepted only",
                        sink -> FlowBuilder.fourSteps(),
                        false,
                        hello(),
                        "{}",
                        3),
                "steps-10",
                new Scenario("webhook, nine sums, response", sink -> sums(9), true, hello(), "10", 10),
                "loop-100",
                new Scenario("loop of 100 sums, response", sink -> loop(), true, items(100), DONE, 102),
                "loop-10000",
                new Scenario("loop of 10,000 sums, response", sink -> loop(), true, items(10_000), DONE, 10_002),
                "effects",
                new Scenario("HTTP request to a local server, response", Scenario::effect, true, hello(), DONE, 2),
                "code-heavy",
                new Scenario("five code steps, response", sink -> codes(5), true, hello(), "5", 6));
    }

    private static JsonNode hello() {
        return Json.object().put("hello", "world");
    }

    /** Items of about a kilobyte in all for each hundred. */
    private static JsonNode items(int count) {
        var list = Json.object();
        var items = list.putArray("items");
        IntStream.range(0, count).forEach(items::add);
        return list;
    }

    private static FlowBuilder sums(int count) {
        var flow = FlowBuilder.flow("Sums").onWebhook();
        for (var i = 1; i <= count; i++) {
            flow = flow.step("step_" + i, sum(i == 1 ? "1" : "{{step_" + (i - 1) + "['output']}}", "1"));
        }
        return flow.step("answer", Step.respond("{{step_" + count + "['output']}}"));
    }

    private static Step sum(String first, String second) {
        return Step.piece("@activepieces/piece-math-helper", "0.0.1", "addition_math")
                .input("first_number", first)
                .input("second_number", second);
    }

    private static FlowBuilder loop() {
        return FlowBuilder.flow("Loop")
                .onWebhook()
                .step(
                        "loop",
                        Step.loop("{{trigger['output'].body.items}}")
                                .step("sum", sum("{{loop['output'].item}}", "{{loop['output'].index}}")))
                .step("answer", Step.respond(DONE));
    }

    private static FlowBuilder effect(String sink) {
        return FlowBuilder.flow("Effect")
                .onWebhook()
                .step("send", Step.httpPost(sink, hello()))
                .step("answer", Step.respond(DONE));
    }

    private static FlowBuilder codes(int count) {
        var flow = FlowBuilder.flow("Code").onWebhook();
        for (var i = 1; i <= count; i++) {
            flow = flow.step(
                    "step_" + i,
                    Step.code("return inputs.n + 1")
                            .input("n", i == 1 ? "{{0}}" : "{{step_" + (i - 1) + "['output']}}"));
        }
        return flow.step("answer", Step.respond("{{step_" + count + "['output']}}"));
    }
}
