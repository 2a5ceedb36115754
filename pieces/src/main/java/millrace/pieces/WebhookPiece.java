package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.dynamic;
import static millrace.nativepiece.Property.json;
import static millrace.nativepiece.Property.longText;
import static millrace.nativepiece.Property.markdown;
import static millrace.nativepiece.Property.number;
import static millrace.nativepiece.Property.object;
import static millrace.nativepiece.Property.shortText;
import static millrace.nativepiece.Property.staticDropdown;
import static millrace.nativepiece.TriggerDefinition.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import millrace.engine.Json;
import millrace.engine.Response;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.Property;
import org.jspecify.annotations.Nullable;

/** Takes HTTP calls and answers them: {@code @activepieces/piece-webhook} (reference/core-pieces §4). */
final class WebhookPiece {
    private static final String RESUME_HEADER = "x-activepieces-resume-webhook-url";

    static final Piece WEBHOOK = piece("@activepieces/piece-webhook", "Webhook")
            .described("Receive HTTP requests and trigger flows using unique URLs.")
            .version("0.1.29")
            .category("CORE")
            .trigger(webhook("catch_webhook", "Catch Webhook")
                    .described(
                            "Receive incoming HTTP/webhooks using any HTTP method such as GET, POST, PUT, DELETE, etc.")
                    .prop(markdown("about", "Live URL: `{{webhookUrl}}`"))
                    .prop(markdown("syncMarkdown", "Waits for the flow's answer: `{{webhookUrl}}/sync`"))
                    .prop(markdown("testMarkdown", "Runs the draft: `{{webhookUrl}}/draft`"))
                    .prop(staticDropdown("authType")
                            .displayed("Authentication")
                            .required()
                            .initially("none")
                            .option("None", "none")
                            .option("Basic Auth", "basic")
                            .option("Header Auth", "header"))
                    .prop(dynamic("authFields", "authType")
                            .displayed("Authentication Fields")
                            .when(
                                    "basic",
                                    shortText("username").required(),
                                    shortText("password").required())
                            .when(
                                    "header",
                                    shortText("headerName").required(),
                                    shortText("headerValue").required()))
                    .sample(sample())
                    .events((in, payload) -> admits(in, payload) ? List.of(payload) : List.of()))
            // Pure: the answer leaves the system only after the run's records are durable, and the first one wins.
            .action(pure("return_response", "Return Response")
                    .described("Return a response to the webhook.")
                    .prop(responseType())
                    .prop(responseFields())
                    .prop(staticDropdown("respond")
                            .displayed("Flow Execution")
                            .initially("stop")
                            .option("Stop", "stop")
                            .option("Respond and Continue", "respond"))
                    .runs((in, call) -> WebhookAnswer.of(in)))
            .action(pure("return_response_and_wait_for_next_webhook", "Respond and Wait for Next Webhook")
                    .described("Return a response to the webhook and wait for the next webhook to resume the flow.")
                    .prop(markdown(
                            "about",
                            "The answer's header `" + RESUME_HEADER + "` holds the URL that resumes the flow."))
                    .prop(responseType())
                    .prop(responseFields())
                    .runs(WebhookPiece::answerAndWait))
            .build();

    private WebhookPiece() {}

    private static Property responseType() {
        return staticDropdown("responseType")
                .initially("json")
                .option("JSON", "json")
                .option("Raw", "raw")
                .option("Redirect", "redirect");
    }

    private static Property responseFields() {
        return dynamic("fields", "responseType")
                .displayed("Response")
                .required()
                .when(
                        "json",
                        status(),
                        headers(),
                        json("body").displayed("JSON Body").required())
                .when(
                        "raw",
                        status(),
                        headers(),
                        longText("body").displayed("Raw Body").required())
                .when("redirect", longText("body").displayed("Redirect URL").required());
    }

    private static StepResult answerAndWait(Input in, ActionCall call) {
        var resumed = call.run().resumed();
        if (resumed != null) {
            return new StepResult.Succeeded(Objects.requireNonNullElse(resumed.payload(), Json.object()));
        }
        var answer = WebhookAnswer.response(in);
        var waitpoint = call.run().newWaitpoint();
        var url = waitpoint.url() + "/sync?created=" + call.run().now().truncatedTo(ChronoUnit.MILLIS) + "&runId="
                + call.run().id();
        var headers = new LinkedHashMap<>(answer.headers());
        headers.put(RESUME_HEADER, url);
        return new StepResult.Paused(
                waitpoint.id(),
                null,
                Json.object().put("nextWebhookUrl", url),
                new Response(answer.status(), headers, answer.body()),
                List.of());
    }

    private static Property status() {
        return number("status").initially(200);
    }

    private static Property headers() {
        return object("headers");
    }

    private static JsonNode sample() {
        var payload = Json.object().put("method", "POST");
        payload.putObject("headers");
        payload.putObject("body");
        payload.putObject("queryParams");
        return payload;
    }

    private static boolean admits(Input in, JsonNode payload) {
        var fields = in.fields("authFields");
        return switch (in.text("authType", "none")) {
            case "none" -> true;
            case "basic" -> {
                var username = fields.text("username");
                var password = fields.text("password");
                yield username != null
                        && password != null
                        && same(username + ":" + password, credentials(header(payload, "authorization")));
            }
            case "header" -> {
                var name = fields.text("headerName");
                yield name != null && same(fields.text("headerValue"), header(payload, name.toLowerCase(Locale.ROOT)));
            }
            default -> false;
        };
    }

    private static @Nullable String header(JsonNode payload, String name) {
        var value = payload.path("headers").get(name);
        return value == null || value.isContainerNode() ? null : value.asText();
    }

    private static @Nullable String credentials(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return null;
        }
        try {
            var decoded = Base64.getDecoder().decode(authorization.substring(6).strip());
            return new String(decoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    /** Takes as long for a nearly right secret as for a wrong one. */
    private static boolean same(@Nullable String expected, @Nullable String given) {
        return expected != null
                && given != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}
