package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import millrace.engine.Json;

/** One step of a flow document, without its name and its place. Immutable. */
public final class Step {
    private final String type;
    private final ObjectNode settings;
    private final List<Named> body;

    /** A step at its place. */
    record Named(String name, Step step) {}

    private Step(String type, ObjectNode settings, List<Named> body) {
        this.type = type;
        this.settings = settings;
        this.body = List.copyOf(body);
    }

    /** JavaScript statements that see {@code inputs} and return the output. */
    public static Step code(String statements) {
        return module("export const code = async (inputs) => { " + statements + "; };");
    }

    /** The whole module of a code step, which exports {@code code}. */
    public static Step module(String source) {
        var settings = Json.object();
        settings.putObject("sourceCode").put("code", source).put("packageJson", "{}");
        settings.putObject("input");
        settings.putObject("errorHandlingOptions");
        return new Step("CODE", settings, List.of());
    }

    public static Step piece(String name, String version, String action) {
        var settings = Json.object()
                .put("pieceName", name)
                .put("pieceVersion", version)
                .put("actionName", action);
        settings.putObject("input");
        settings.putObject("propertySettings");
        settings.putObject("errorHandlingOptions");
        return new Step("PIECE", settings, List.of());
    }

    /** Answers the webhook's caller with a JSON body and ends the run. */
    public static Step respond(String body) {
        var step = piece("@activepieces/piece-webhook", "0.1.29", "return_response")
                .input("responseType", "json")
                .input("respond", "stop");
        var fields = Json.object().put("status", 200).put("body", body);
        fields.putObject("headers");
        return step.input("fields", fields);
    }

    /** POST of a JSON body by the HTTP piece. */
    public static Step httpPost(String url, JsonNode body) {
        var step = piece("@activepieces/piece-http", "0.11.0", "send_request")
                .input("method", "POST")
                .input("url", url)
                .input("headers", Json.object())
                .input("queryParams", Json.object())
                .input("authType", "NONE")
                .input("body_type", "json");
        return step.input("body", Json.object().set("data", body));
    }

    /** A loop over the items; {@link #step} fills it. */
    public static Step loop(String items) {
        return new Step("LOOP_ON_ITEMS", Json.object().put("items", items), List.of());
    }

    public Step input(String name, String value) {
        return input(name, Json.MAPPER.getNodeFactory().textNode(value));
    }

    public Step input(String name, int value) {
        return input(name, Json.MAPPER.getNodeFactory().numberNode(value));
    }

    public Step input(String name, JsonNode value) {
        var changed = settings.deepCopy();
        changed.withObjectProperty("input").set(name, value);
        return new Step(type, changed, body);
    }

    /** Tried again, with pauses, when it fails. */
    public Step retryOnFailure() {
        return handling("retryOnFailure");
    }

    /** The run goes on when it fails. */
    public Step continueOnFailure() {
        return handling("continueOnFailure");
    }

    private Step handling(String name) {
        var changed = settings.deepCopy();
        changed.withObjectProperty("errorHandlingOptions").putObject(name).put("value", true);
        return new Step(type, changed, body);
    }

    /** Adds a step to the body of a loop. */
    public Step step(String name, Step inner) {
        var steps = new ArrayList<>(body);
        steps.add(new Named(name, inner));
        return new Step(type, settings, steps);
    }

    ObjectNode document(String name) {
        var document = Json.object()
                .put("name", name)
                .put("displayName", name)
                .put("type", type)
                .put("valid", true);
        document.set("settings", settings.deepCopy());
        link(document, "firstLoopAction", body);
        return document;
    }

    /** Puts the steps, each the next of the one before, into the document. */
    static void link(ObjectNode document, String first, List<Named> steps) {
        var parent = document;
        var key = first;
        for (var named : steps) {
            var one = named.step().document(named.name());
            parent.set(key, one);
            parent = one;
            key = "nextAction";
        }
    }
}
