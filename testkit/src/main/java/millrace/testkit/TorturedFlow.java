package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import millrace.engine.Json;

/**
 * One of the flows under torture. Each effect tells the answer that the flow got for the one before it, so that the
 * world can see whether two processes worked on the same run.
 *
 * @param steps whose calls reach the world, in order
 * @param firstStep the place of the first among the effects of its webhook
 * @param answers where the run's log keeps the world's answers: steps and the way into their outputs
 * @param stores whether it has a step {@code store}, which adds the webhook's number to {@link #ENTRY}, and a step
 *     {@code record}, which adds a record with it to the only table
 */
record TorturedFlow(String id, List<String> steps, int firstStep, List<Told> answers, boolean stores) {
    /** The entry of the key-value store to which runs add their webhooks' numbers, each before the mark. */
    static final String ENTRY = "numbers";

    static final String MARK = ";";
    private static final String NUMBER = "{{trigger['output'].body.number}}";

    /** @param step the place among the effects of the webhook that was answered so */
    record Told(int step, String name, String pointer) {}

    /** A flow that does not store anything. */
    private TorturedFlow(String id, List<String> steps, int firstStep, List<Told> answers) {
        this(id, steps, firstStep, answers, false);
    }

    TorturedFlow {
        steps = List.copyOf(steps);
        answers = List.copyOf(answers);
    }

    /**
     * Two effects, code and changes of the key-value store and of a table between them, and an answer.
     *
     * @param stores false leaves the changes out: who does not wait for barriers has no answer from the store either
     */
    static TorturedFlow plain(Client owner, String world, boolean stores) {
        var flow = flow("plain")
                .onWebhook()
                .step("first", Step.httpPost(world, effect(NUMBER, 1, "0")))
                .step("code", Step.code("return inputs.number").input("number", "{{first['output'].body.number}}"));
        if (stores) {
            flow = flow.step(
                    "store",
                    Step.piece("@activepieces/piece-store", "0.6.20", "append")
                            .input("key", ENTRY)
                            .input("value", NUMBER + MARK)
                            .input("store_scope", "COLLECTION"));
            var records = Json.array();
            records.addObject().put("Number", NUMBER);
            flow = flow.step(
                    "record",
                    tables("create-records").input("table_id", table(owner)).input("records", records));
        }
        var id = owner.publish(flow.step(
                        "second",
                        Step.httpPost(world, effect("{{code['output']}}", 2, "{{first['output'].body.answer}}")))
                .step("answer", Step.respond("{{code['output']}}")));
        return new TorturedFlow(
                id, List.of("first", "second"), 1, List.of(new Told(1, "first", "/output/body/answer")), stores);
    }

    /** Makes a table with one field, by a run of its own, and answers its external id. */
    private static String table(Client owner) {
        var fields = Json.array();
        fields.addObject().put("name", "Number").put("type", "NUMBER");
        var id = owner.publish(flow("table")
                .onWebhook()
                .step("table", tables("create-table").input("name", "Numbers").input("fields", fields))
                .step("answer", Step.respond("{{table['output']}}")));
        return owner.sync(id, Json.object()).success().path("externalId").asText();
    }

    private static Step tables(String action) {
        return Step.piece("@activepieces/piece-tables", "~0.2.0", "tables-" + action);
    }

    /** Calls {@link #called} between two effects. */
    static TorturedFlow calling(Client owner, String world, TorturedFlow called) {
        var payload = Json.object();
        payload.putObject("payload").put("number", NUMBER).put("saw", "{{first['output'].body.answer}}");
        var id = owner.publish(flow("calling")
                .onWebhook()
                .step("first", Step.httpPost(world, effect(NUMBER, 1, "0")))
                .step(
                        "call",
                        Step.piece("@activepieces/piece-subflows", "0.6.3", "callFlow")
                                .input("flowId", called.id())
                                .input("mode", "simple")
                                .input("flowProps", payload)
                                .input("waitForResponse", Json.object().booleanNode(true)))
                .step("second", Step.httpPost(world, effect(NUMBER, 3, "{{call['output'].data.answer}}"))));
        return new TorturedFlow(
                id,
                List.of("first", "second"),
                1,
                List.of(new Told(1, "first", "/output/body/answer"), new Told(2, "call", "/output/data/answer")));
    }

    static TorturedFlow called(Client owner, String world) {
        var answer = Json.object();
        answer.putObject("response").put("answer", "{{only['output'].body.answer}}");
        var id = owner.publish(flow("called")
                .onCall()
                .step(
                        "only",
                        Step.httpPost(
                                world,
                                effect("{{trigger['output'].data.number}}", 2, "{{trigger['output'].data.saw}}")))
                .step(
                        "answer",
                        Step.piece("@activepieces/piece-subflows", "0.6.3", "returnResponse")
                                .input("mode", "simple")
                                .input("response", answer)));
        return new TorturedFlow(id, List.of("only"), 2, List.of(new Told(2, "only", "/output/body/answer")));
    }

    /** Waits between two effects, until somebody follows the link that the first one tells. */
    static TorturedFlow waiting(Client owner, String world) {
        var id = owner.publish(flow("waiting")
                .onWebhook()
                .step("links", Step.piece("@activepieces/piece-approval", "0.1.8", "create_approval_links"))
                .step(
                        "first",
                        Step.httpPost(world, effect(NUMBER, 1, "0").put("link", "{{links['output'].approvalLink}}")))
                .step("wait", Step.piece("@activepieces/piece-approval", "0.1.8", "wait_for_approval"))
                .step("second", Step.httpPost(world, effect(NUMBER, 2, "{{first['output'].body.answer}}"))));
        return new TorturedFlow(
                id, List.of("first", "second"), 1, List.of(new Told(1, "first", "/output/body/answer")));
    }

    private static ObjectNode effect(String number, int step, String saw) {
        return Json.object().put("number", number).put("step", step).put("saw", saw);
    }

    /** The number with which the world answered, as the run's log tells it. */
    static int told(JsonNode run, Told told) {
        return run.path("steps").path(told.name()).at(told.pointer()).asInt(-1);
    }
}
