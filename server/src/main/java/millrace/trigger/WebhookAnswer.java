package millrace.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.Response;
import millrace.engine.RunStatus;
import millrace.run.Reply;

/** What a webhook's caller gets: status, headers and bytes. */
record WebhookAnswer(int status, Map<String, String> headers, byte[] body) {
    private static final String CONTENT_TYPE = "content-type";
    private static final String JSON = "application/json; charset=utf-8";
    private static final byte[] EMPTY_OBJECT = {'{', '}'};

    static WebhookAnswer accepted(String id) {
        return new WebhookAnswer(200, Map.of(CONTENT_TYPE, JSON, "x-webhook-id", id), EMPTY_OBJECT);
    }

    static WebhookAnswer empty(int status) {
        return new WebhookAnswer(status, Map.of(CONTENT_TYPE, JSON), EMPTY_OBJECT);
    }

    /** The rules of reference/engine-semantics §10.5, with clarifications: a run without a reply answers 204 at once. */
    static WebhookAnswer of(Reply reply) {
        return switch (reply) {
            case Reply.Answered answered -> of(answered.response());
            case Reply.Ended ended when ended.status() == RunStatus.SUCCEEDED -> empty(204);
            case Reply.Ended ignored ->
                json(500, Json.object().put("message", "The flow has failed and there is no response returned"));
            case Reply.TimedOut ignored -> empty(204);
            case Reply.Lost ignored -> throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
            case Reply.NoRoom ignored -> throw new IllegalStateException("a run without room has no answer");
        };
    }

    private static WebhookAnswer of(Response response) {
        var headers = new HashMap<String, String>();
        response.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        var body = response.body();
        if (body.isTextual()) {
            headers.putIfAbsent(CONTENT_TYPE, "text/plain; charset=utf-8");
            return new WebhookAnswer(
                    response.status(), headers, body.textValue().getBytes(StandardCharsets.UTF_8));
        }
        headers.putIfAbsent(CONTENT_TYPE, JSON);
        return new WebhookAnswer(response.status(), headers, body.isMissingNode() ? EMPTY_OBJECT : Json.bytes(body));
    }

    static WebhookAnswer json(int status, JsonNode body) {
        return new WebhookAnswer(status, Map.of(CONTENT_TYPE, JSON), Json.bytes(body));
    }
}
