package millrace.pieces;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import millrace.engine.Json;
import millrace.engine.Response;
import millrace.engine.StepResult;
import millrace.nativepiece.Input;
import millrace.nativepiece.JsNumber;
import millrace.nativepiece.PieceFailure;

/** What {@code return_response} answers (reference/core-pieces §4). */
final class WebhookAnswer {
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    /** No line break, no NUL: a header must not become two, nor end the headers. */
    private static final Pattern FIELD_VALUE = Pattern.compile("[^\\x00-\\x08\\x0a-\\x1f\\x7f]*");

    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*://.*", Pattern.CASE_INSENSITIVE);

    /**
     * The connection's and the framing's headers are the server's own. They are left out and not refused: flows hand on
     * all headers of an answer they got.
     */
    private static final Set<String> OWN = Set.of(
            "connection",
            "content-length",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private WebhookAnswer() {}

    static StepResult of(Input in) {
        var output = output(in);
        return switch (in.text("respond", "")) {
            case "stop" -> new StepResult.Succeeded(output, response(output), true);
            case "respond" -> new StepResult.Succeeded(output, response(output), false);
            // Nothing chosen: nothing sent (core-pieces §4). The values are checked all the same.
            default -> {
                response(output);
                yield new StepResult.Succeeded(output);
            }
        };
    }

    /** The answer itself. */
    static Response response(Input in) {
        return response(output(in));
    }

    private static ObjectNode output(Input in) {
        var fields = in.fields("fields");
        var output = Json.object();
        switch (in.text("responseType", "json")) {
            case "json" -> answer(output, fields, parsed(fields));
            case "raw" -> answer(output, fields, TextNode.valueOf(fields.text("body", "")));
            case "redirect" -> redirect(output, fields);
            default -> throw PieceFailure.ofField("responseType", "is none of json, raw and redirect");
        }
        return output;
    }

    private static void answer(ObjectNode output, Input fields, JsonNode body) {
        var status = fields.number("status", 200);
        // What is below 200 only announces an answer: a client would wait for the one that never comes.
        if (status != Math.rint(status) || status < 200 || status > 599) {
            throw PieceFailure.ofField("status", "is no status between 200 and 599: " + fields.text("status"));
        }
        output.set("status", JsNumber.json(status));
        output.set("headers", fields.object("headers"));
        output.set("body", body);
    }

    private static JsonNode parsed(Input fields) {
        var body = fields.value("body");
        if (body == null || (body.isTextual() && body.textValue().isBlank())) {
            return Json.object();
        }
        if (!body.isTextual()) {
            return body;
        }
        try {
            return Json.read(body.textValue());
        } catch (IllegalArgumentException notJson) {
            throw PieceFailure.ofField("body", "is no valid JSON: " + notJson.getMessage());
        }
    }

    private static void redirect(ObjectNode output, Input fields) {
        var url = fields.text("body", "").strip();
        if (url.isEmpty()) {
            throw PieceFailure.ofField("body", "The redirect needs a URL");
        }
        output.put("status", 301);
        output.set(
                "headers",
                fields.object("headers")
                        .deepCopy()
                        .put("Location", SCHEME.matcher(url).matches() ? url : "https://" + url));
        output.set("body", Json.object());
    }

    private static Response response(ObjectNode output) {
        var headers = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> header : output.withObject("headers").properties()) {
            var name = header.getKey();
            var value = header.getValue();
            if (value.isNull() || OWN.contains(name.toLowerCase(Locale.ROOT))) {
                continue;
            }
            var text = value.isContainerNode() ? Json.text(value) : value.asText();
            if (!TOKEN.matcher(name).matches()) {
                throw PieceFailure.ofField("headers", "is no header name: " + name);
            }
            if (!FIELD_VALUE.matcher(text).matches()) {
                throw PieceFailure.ofField(
                        "headers", "the value of " + name + " has a line break or control character");
            }
            headers.put(name, text);
        }
        return new Response(output.path("status").asInt(), headers, output.path("body"));
    }
}
