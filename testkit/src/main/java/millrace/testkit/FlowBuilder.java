package millrace.testkit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import millrace.engine.Json;

/** A flow document, step by step. Immutable: each call answers a new builder. */
public final class FlowBuilder {
    private static final String SCHEMA_VERSION = "22";
    private static final String WEBHOOK = "@activepieces/piece-webhook";

    private final String displayName;
    private final ObjectNode trigger;
    private final List<Step.Named> steps;

    private FlowBuilder(String displayName, ObjectNode trigger, List<Step.Named> steps) {
        this.displayName = displayName;
        this.trigger = trigger;
        this.steps = List.copyOf(steps);
    }

    public static FlowBuilder flow() {
        return flow("A flow");
    }

    public static FlowBuilder flow(String displayName) {
        var empty = Json.object()
                .put("name", "trigger")
                .put("displayName", "Select Trigger")
                .put("type", "EMPTY")
                .put("valid", false)
                .put("lastUpdatedDate", "2026-01-01T00:00:00.000Z");
        empty.putObject("settings");
        return new FlowBuilder(displayName, empty, List.of());
    }

    /** Begins with a webhook that anyone may call. */
    public FlowBuilder onWebhook() {
        var webhook = Json.object()
                .put("name", "trigger")
                .put("displayName", "Catch Webhook")
                .put("type", "PIECE_TRIGGER")
                .put("valid", true)
                .put("lastUpdatedDate", "2026-01-01T00:00:00.000Z");
        var settings = webhook.putObject("settings")
                .put("pieceName", WEBHOOK)
                .put("pieceVersion", "0.1.29")
                .put("triggerName", "catch_webhook");
        settings.putObject("input").put("authType", "none");
        settings.putObject("propertySettings");
        return new FlowBuilder(displayName, webhook, steps);
    }

    /** Begins when another flow of the project calls it. */
    public FlowBuilder onCall() {
        var callable = Json.object()
                .put("name", "trigger")
                .put("displayName", "Callable Flow")
                .put("type", "PIECE_TRIGGER")
                .put("valid", true)
                .put("lastUpdatedDate", "2026-01-01T00:00:00.000Z");
        var settings = callable.putObject("settings")
                .put("pieceName", "@activepieces/piece-subflows")
                .put("pieceVersion", "0.6.3")
                .put("triggerName", "callableFlow");
        settings.putObject("input")
                .put("mode", "simple")
                .putObject("exampleData")
                .putObject("sampleData");
        settings.putObject("propertySettings");
        return new FlowBuilder(displayName, callable, steps);
    }

    public FlowBuilder step(String name, Step step) {
        var more = new ArrayList<>(steps);
        more.add(new Step.Named(name, step));
        return new FlowBuilder(displayName, trigger, more);
    }

    /** The four steps that the bench measures: webhook, 2 + 3, plus one in code, the answer 6. */
    public static FlowBuilder fourSteps() {
        return flow("Four steps")
                .onWebhook()
                .step(
                        "step_1",
                        Step.piece("@activepieces/piece-math-helper", "0.0.1", "addition_math")
                                .input("first_number", 2)
                                .input("second_number", 3))
                .step("step_2", Step.code("return inputs.sum + 1").input("sum", "{{step_1['output']}}"))
                .step("step_3", Step.respond("{{step_2['output']}}"));
    }

    /** The operation IMPORT_FLOW that makes a draft of this. */
    public ObjectNode importOperation() {
        var document = trigger.deepCopy();
        Step.link(document, "nextAction", steps);
        var operation = Json.object().put("type", "IMPORT_FLOW");
        operation
                .putObject("request")
                .put("displayName", displayName)
                .put("schemaVersion", SCHEMA_VERSION)
                .putNull("notes")
                .set("trigger", document);
        return operation;
    }

    public String displayName() {
        return displayName;
    }
}
