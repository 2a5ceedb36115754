package millrace.pieces;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import millrace.engine.Json;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpCall.Header;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.Input;
import millrace.nativepiece.PieceFailure;
import org.jspecify.annotations.Nullable;

/** One {@code send_request}: the request, its tries and what becomes of its failures (reference/core-pieces §1). */
final class HttpRequestStep {
    private static final int TRIES = 3;
    private static final Set<String> METHODS = Set.of("GET", "POST", "PATCH", "PUT", "DELETE", "HEAD");
    private static final int NO_ANSWER = 500;

    private final ActionCall call;
    private final Input in;
    private final FormBody form;
    private final JsonNode sentBody;
    private final long deadline;

    private HttpRequestStep(Input in, ActionCall call) {
        this.call = call;
        this.in = in;
        form = FormBody.of(in.fields("body"), call.idempotencyKey());
        sentBody = sentBody();
        deadline = System.nanoTime() + call.timeout().toNanos();
    }

    static StepResult run(Input in, ActionCall call) {
        if (in.flag("use_proxy")) {
            // Sending it directly instead would show the server's own address to the target.
            throw PieceFailure.ofField("use_proxy", "Requests through a proxy are not supported");
        }
        if (!METHODS.contains(in.text("method", "GET"))) {
            throw PieceFailure.ofField("method", "is none of GET, POST, PATCH, PUT, DELETE and HEAD");
        }
        return new HttpRequestStep(in, call).run();
    }

    private StepResult run() {
        var mode = in.text("failureMode", in.flag("failsafe") ? "continue_all" : "continue_none");
        var request = request();
        for (var tried = 1; ; tried++) {
            var outcome = call.http().send(within(request));
            if (outcome instanceof HttpOutcome.Answered answer && successful(answer.status())) {
                return new StepResult.Succeeded(output(answer));
            }
            var failure = failure(outcome);
            var status = failure.path("response").path("status").asInt();
            switch (reaction(mode, status)) {
                case CONTINUE -> {
                    return new StepResult.Succeeded(failure);
                }
                case RETRY -> {
                    if (tried == TRIES) {
                        return failed(failure, outcome);
                    }
                }
                case FAIL -> {
                    return failed(failure, outcome);
                }
            }
        }
    }

    private enum Reaction {
        CONTINUE,
        RETRY,
        FAIL
    }

    private static Reaction reaction(String mode, int status) {
        var serverError = status >= 500;
        return switch (mode) {
            case "retry_all" -> Reaction.RETRY;
            case "retry_5xx" -> serverError ? Reaction.RETRY : Reaction.CONTINUE;
            case "continue_all" -> Reaction.CONTINUE;
            case "continue_4xx" -> status >= 400 && !serverError ? Reaction.CONTINUE : Reaction.RETRY;
            default -> Reaction.FAIL;
        };
    }

    private boolean successful(int status) {
        return in.flag("followRedirects") ? status / 100 == 2 : status < 400;
    }

    /** Throws what no failure mode can make good. */
    private ObjectNode failure(HttpOutcome outcome) {
        var failure = Json.object();
        var response = failure.putObject("response");
        switch (outcome) {
            case HttpOutcome.Answered answer -> {
                response.put("status", answer.status());
                response.set("body", body(answer));
            }
            case HttpOutcome.Unanswered nothing -> response.put("status", NO_ANSWER);
            case HttpOutcome.Blocked blocked -> throw new PieceFailure("SSRFBlockedError", blocked.reason());
            case HttpOutcome.Invalid invalid -> throw new PieceFailure("TypeError", invalid.reason());
        }
        var request = failure.putObject("request");
        if (!sentBody.isMissingNode()) {
            request.set("body", sentBody);
        }
        return failure;
    }

    private static StepResult failed(ObjectNode failure, HttpOutcome outcome) {
        var message = Json.text(failure);
        var raw = outcome instanceof HttpOutcome.Unanswered nothing ? message + "\n" + nothing.reason() : message;
        return new StepResult.Failed(StepError.of(message, "HttpError", raw));
    }

    private HttpCall request() {
        return new HttpCall(
                in.text("method", "GET"), url(), headers(), content(), Duration.ZERO, in.flag("followRedirects"));
    }

    /** The tries of one step share the step's time. */
    private HttpCall within(HttpCall request) {
        var left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        var seconds = in.number("timeout", 0);
        var own = seconds > 0 ? Duration.ofMillis((long) Math.min(seconds * 1_000, Integer.MAX_VALUE)) : left;
        return new HttpCall(
                request.method(),
                request.url(),
                request.headers(),
                request.body(),
                own.compareTo(left) < 0 ? own : left,
                request.followRedirects());
    }

    private String url() {
        var url = in.text("url", "").strip();
        var hash = url.indexOf('#');
        var base = new StringBuilder(hash < 0 ? url : url.substring(0, hash));
        for (var entry : in.object("queryParams").properties()) {
            var value = entry.getValue();
            var list = value.isArray();
            for (var item : list ? value : Json.array().add(value)) {
                if (!item.isNull()) {
                    base.append(base.indexOf("?") < 0 ? '?' : base.charAt(base.length() - 1) == '?' ? "" : "&")
                            .append(WebUrl.component(entry.getKey() + (list ? "[]" : "")))
                            .append('=')
                            .append(WebUrl.component(text(item)));
                }
            }
        }
        return base.toString();
    }

    private List<Header> headers() {
        var headers = new ArrayList<Header>();
        for (var entry : in.object("headers").properties()) {
            if (!entry.getValue().isNull()) {
                headers.add(new Header(entry.getKey(), text(entry.getValue())));
            }
        }
        authorization(headers);
        if (bodyType().equals("form_data")) {
            // The boundary in it is ours: a content type of the user's would not fit.
            headers.removeIf(header -> header.name().equalsIgnoreCase("content-type"));
            headers.add(new Header("Content-Type", form.contentType()));
        } else if (!sentBody.isMissingNode()) {
            addIfMissing(headers, "Content-Type", "application/json");
        }
        addIfMissing(headers, "Accept", "application/json");
        addIfMissing(headers, "Idempotency-Key", call.idempotencyKey());
        return headers;
    }

    private void authorization(List<Header> headers) {
        var fields = in.fields("authFields");
        var value = switch (in.text("authType", "NONE")) {
            case "BASIC" ->
                "Basic "
                        + Base64.getEncoder()
                                .encodeToString((needed(fields, "username") + ":" + needed(fields, "password"))
                                        .getBytes(StandardCharsets.UTF_8));
            case "BEARER_TOKEN" -> "Bearer " + needed(fields, "token");
            default -> null;
        };
        if (value != null) {
            headers.removeIf(header -> header.name().equalsIgnoreCase("authorization"));
            headers.add(new Header("Authorization", value));
        }
    }

    private static String needed(Input fields, String name) {
        var value = fields.text(name);
        if (value == null) {
            throw PieceFailure.ofField(name, "is missing");
        }
        return value;
    }

    private String bodyType() {
        return in.text("body_type", "none");
    }

    private JsonNode sentBody() {
        var data = in.fields("body").value("data");
        return data == null || bodyType().equals("none") ? MissingNode.getInstance() : data;
    }

    private HttpCall.@Nullable Content content() {
        if (bodyType().equals("form_data")) {
            return new HttpCall.Content(form.bytes());
        }
        if (sentBody.isMissingNode()) {
            return null;
        }
        return new HttpCall.Content(
                sentBody.isTextual() ? sentBody.textValue().getBytes(StandardCharsets.UTF_8) : Json.bytes(sentBody));
    }

    private ObjectNode output(HttpOutcome.Answered answer) {
        var output = Json.object().put("status", answer.status());
        output.set("headers", headers(answer));
        output.set("body", in.flag("response_is_binary") ? binary(answer) : body(answer));
        return output;
    }

    /** Names in lower case; repeated ones joined, but Set-Cookie a list, as Node has them. */
    private static ObjectNode headers(HttpOutcome.Answered answer) {
        var headers = Json.object();
        for (var header : answer.headers()) {
            var name = header.name().toLowerCase(Locale.ROOT);
            var before = headers.get(name);
            if (name.equals("set-cookie")) {
                (before instanceof ArrayNode list ? list : headers.putArray(name)).add(header.value());
            } else {
                headers.put(name, before == null ? header.value() : before.asText() + ", " + header.value());
            }
        }
        return headers;
    }

    private static JsonNode binary(HttpOutcome.Answered answer) {
        return TextNode.valueOf(Base64.getEncoder().encodeToString(answer.body()));
    }

    private static JsonNode body(HttpOutcome.Answered answer) {
        var text = new String(answer.body(), StandardCharsets.UTF_8);
        try {
            var parsed = Json.read(text);
            return parsed.isMissingNode() ? TextNode.valueOf(text) : parsed;
        } catch (IllegalArgumentException notJson) {
            return TextNode.valueOf(text);
        }
    }

    private static void addIfMissing(List<Header> headers, String name, String value) {
        if (headers.stream().noneMatch(header -> header.name().equalsIgnoreCase(name))) {
            headers.add(new Header(name, value));
        }
    }

    private static String text(JsonNode value) {
        return value.isContainerNode() ? Json.text(value) : value.asText();
    }
}
