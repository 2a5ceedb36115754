package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.effectful;
import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.checkbox;
import static millrace.nativepiece.Property.dropdown;
import static millrace.nativepiece.Property.dynamic;
import static millrace.nativepiece.Property.json;
import static millrace.nativepiece.Property.object;
import static millrace.nativepiece.Property.staticDropdown;
import static millrace.nativepiece.TriggerDefinition.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Objects;
import millrace.engine.Json;
import millrace.engine.Resumption;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.Property;

/**
 * Flows that call flows: {@code @activepieces/piece-subflows} (reference/core-pieces §9). A called run is accepted with
 * the record of the step that called it, and answers with the record of the step that answers: nothing is sent.
 */
final class SubflowsPiece {
    static final String NAME = "@activepieces/piece-subflows";

    static final Piece SUBFLOWS = piece(NAME, "Sub Flows")
            .described("Trigger and call another sub flow.")
            .version("0.6.3")
            .category("CORE")
            .category("FLOW_CONTROL")
            .trigger(webhook("callableFlow", "Callable Flow")
                    .described("Waits to be called by other flows")
                    .prop(mode())
                    .prop(dynamic("exampleData", "mode")
                            .displayed("Sample Data")
                            .required()
                            .when("simple", object("sampleData").required())
                            .when("advanced", json("sampleData").required()))
                    .events((in, payload) -> List.of(payload.path("body"))))
            .action(pure("callFlow", "Call Flow")
                    .described("Call a flow that has \"Callable Flow\" as trigger")
                    .prop(dropdown("flowId").displayed("Flow").required())
                    .prop(mode())
                    .prop(dynamic("flowProps", "mode")
                            .displayed("Payload")
                            .required()
                            .when("simple", object("payload").required())
                            .when("advanced", json("payload").required()))
                    .prop(checkbox("waitForResponse")
                            .displayed("Wait for Response")
                            .initially(false))
                    .runs(SubflowsPiece::call))
            .action(effectful("returnResponse", "Return Response")
                    .described("Return response to the original flow")
                    .prop(mode())
                    .prop(dynamic("response", "mode")
                            .displayed("Response")
                            .required()
                            .when("simple", object("response").required())
                            .when("advanced", json("response").required()))
                    .runs(SubflowsPiece::answer))
            .build();

    private SubflowsPiece() {}

    private static Property mode() {
        return staticDropdown("mode")
                .required()
                .initially("simple")
                .option("Simple", "simple")
                .option("Advanced", "advanced");
    }

    private static StepResult call(Input in, ActionCall call) {
        var resumed = call.run().resumed();
        if (resumed != null) {
            return answered(resumed);
        }
        var flow = Objects.requireNonNull(in.text("flowId"));
        var payload = Json.object();
        payload.set("data", value(in.fields("flowProps"), "payload"));
        if (!in.flag("waitForResponse")) {
            var start = call.run().startFlow(flow, payload, null);
            return new StepResult.Succeeded(Json.object().put("runId", start.runId()), null, false, List.of(start));
        }
        var waitpoint = call.run().newWaitpoint();
        payload.put("callbackUrl", waitpoint.url());
        var start = call.run().startFlow(flow, payload, waitpoint.id());
        return new StepResult.Paused(waitpoint.id(), null, null, null, List.of(start));
    }

    /** What the called flow answered, or how it ended. */
    private static StepResult answered(Resumption resumed) {
        var body = Objects.requireNonNullElse(resumed.payload(), MissingNode.getInstance())
                .path("body");
        var data = body.path("data");
        if (body.path("status").asText().equals("error")) {
            var message = data.path("message");
            throw new PieceFailure(message.isTextual() ? message.asText() : Json.text(data));
        }
        return new StepResult.Succeeded(response(body.path("status").asText("success"), data));
    }

    private static StepResult answer(Input in, ActionCall call) {
        var callback = call.run().triggerOutput().path("callbackUrl").asText();
        if (callback.isEmpty()) {
            throw new PieceFailure("No flow waits for a response of this run: it was not called by one that does.");
        }
        var response = response("success", value(in.fields("response"), "response"));
        var answer = call.run().answer(callback, response);
        if (answer != null) {
            return new StepResult.Succeeded(response, null, false, List.of(answer));
        }
        send(callback, response, call);
        return new StepResult.Succeeded(response);
    }

    private static ObjectNode response(String status, JsonNode data) {
        var response = Json.object().put("status", status);
        response.set("data", data.isMissingNode() ? Json.MAPPER.nullNode() : data);
        return response;
    }

    private static JsonNode value(Input fields, String name) {
        return Objects.requireNonNullElse(fields.value(name), Json.object());
    }

    /** The caller is not a run of this server. */
    private static void send(String url, ObjectNode response, ActionCall call) {
        var outcome = call.http()
                .send(new HttpCall(
                        "POST",
                        url,
                        List.of(
                                new HttpCall.Header("content-type", "application/json"),
                                new HttpCall.Header("idempotency-key", call.idempotencyKey())),
                        new HttpCall.Content(Json.bytes(response)),
                        call.timeout(),
                        false));
        switch (outcome) {
            case HttpOutcome.Answered answered when answered.status() < 300 -> {}
            case HttpOutcome.Answered answered ->
                throw new PieceFailure("The calling flow answered " + answered.status() + ".");
            case HttpOutcome.Unanswered unanswered ->
                throw new PieceFailure("The calling flow did not answer: " + unanswered.reason());
            case HttpOutcome.Blocked blocked -> throw new PieceFailure("SSRFBlockedError", blocked.reason());
            case HttpOutcome.Invalid invalid -> throw new PieceFailure(invalid.reason());
        }
    }
}
