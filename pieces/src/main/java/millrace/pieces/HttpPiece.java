package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.effectful;
import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.array;
import static millrace.nativepiece.Property.checkbox;
import static millrace.nativepiece.Property.dynamic;
import static millrace.nativepiece.Property.file;
import static millrace.nativepiece.Property.json;
import static millrace.nativepiece.Property.longText;
import static millrace.nativepiece.Property.number;
import static millrace.nativepiece.Property.object;
import static millrace.nativepiece.Property.shortText;
import static millrace.nativepiece.Property.staticDropdown;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import millrace.engine.Json;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.Property;
import org.jspecify.annotations.Nullable;

/** Sends HTTP requests: {@code @activepieces/piece-http} (reference/core-pieces §0, §1). */
final class HttpPiece {
    static final Piece HTTP = piece("@activepieces/piece-http", "HTTP")
            .described("Sends HTTP requests and return responses")
            .version("0.11.0")
            .category("CORE")
            .action(effectful("send_request", "Send HTTP request")
                    .described("Send HTTP request")
                    .errorHandlingHidden()
                    .prop(methods())
                    .prop(shortText("url").displayed("URL").required())
                    .prop(object("headers").required())
                    .prop(object("queryParams").displayed("Query params").required())
                    .prop(staticDropdown("authType")
                            .displayed("Authentication")
                            .required()
                            .initially("NONE")
                            .option("None", "NONE")
                            .option("Basic Auth", "BASIC")
                            .option("Bearer Token", "BEARER_TOKEN"))
                    .prop(dynamic("authFields", "authType")
                            .displayed("Authentication Fields")
                            .when(
                                    "BASIC",
                                    shortText("username").required(),
                                    shortText("password").required())
                            .when("BEARER_TOKEN", shortText("token").required()))
                    .prop(staticDropdown("body_type")
                            .displayed("Body Type")
                            .initially("none")
                            .option("None", "none")
                            .option("Form Data", "form_data")
                            .option("JSON", "json")
                            .option("Raw", "raw"))
                    .prop(dynamic("body", "body_type")
                            .when("json", json("data").displayed("JSON Body").required())
                            .when("raw", longText("data").displayed("Raw Body").required())
                            .when("form_data", formData()))
                    .prop(checkbox("response_is_binary")
                            .displayed("Response is Binary")
                            .initially(false))
                    .prop(checkbox("use_proxy").displayed("Use Proxy").initially(false))
                    .prop(number("timeout").displayed("Timeout (in seconds)"))
                    .prop(checkbox("followRedirects")
                            .displayed("Follow redirects")
                            .initially(false))
                    .prop(failureModes())
                    .runs(HttpRequestStep::run))
            .action(pure("parse_url", "Parse URL")
                    .described("Split a URL into its parts")
                    .prop(shortText("url").displayed("URL").required())
                    .prop(checkbox("returnArrays")
                            .displayed("Return repeated parameters as lists")
                            .initially(true))
                    .run(HttpPiece::parts))
            .build();

    private HttpPiece() {}

    private static Property methods() {
        var methods = staticDropdown("method").required().initially("GET");
        for (var name : new String[] {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"}) {
            methods = methods.option(name, name);
        }
        return methods;
    }

    private static Property formData() {
        return array(
                        "data",
                        shortText("fieldName").required(),
                        staticDropdown("fieldType")
                                .required()
                                .initially("text")
                                .option("Text", "text")
                                .option("File", "file"),
                        longText("textFieldValue"),
                        file("fileFieldValue"))
                .displayed("Form Data")
                .required();
    }

    private static Property failureModes() {
        return staticDropdown("failureMode")
                .displayed("On Failure")
                .initially("continue_none")
                .option("Retry on all errors (4xx, 5xx)", "retry_all")
                .option("Retry on internal errors (5xx)", "retry_5xx")
                .option("Do not retry", "retry_none")
                .option("Continue flow on all errors", "continue_all")
                .option("Continue flow on 4xx errors", "continue_4xx")
                .option("Do not continue the flow", "continue_none");
    }

    private static JsonNode parts(Input in) {
        var text = in.text("url", "");
        try {
            var uri = WebUrl.of(text).uri();
            var hash = text.indexOf('#');
            var parts = Json.object()
                    .put("base_url", uri.getScheme() + "://" + uri.getRawAuthority())
                    .put("domain", uri.getHost())
                    .put("path", uri.getRawPath());
            parts.set(
                    "query_parameters",
                    query(uri.getRawQuery(), in.value("returnArrays") == null || in.flag("returnArrays")));
            return parts.put("hash", hash < 0 ? "" : text.substring(hash));
        } catch (IllegalArgumentException invalid) {
            throw new PieceFailure(String.valueOf(invalid.getMessage()));
        }
    }

    private static ObjectNode query(@Nullable String raw, boolean lists) {
        var parameters = Json.object();
        if (raw == null) {
            return parameters;
        }
        for (var pair : raw.split("&")) {
            var at = pair.indexOf('=');
            var name = decoded(at < 0 ? pair : pair.substring(0, at));
            var value = decoded(at < 0 ? "" : pair.substring(at + 1));
            var before = parameters.get(name);
            if (pair.isEmpty() || (before != null && !lists)) {
                continue;
            }
            if (before instanceof ArrayNode list) {
                list.add(value);
            } else if (before != null) {
                parameters.putArray(name).add(before).add(value);
            } else {
                parameters.put(name, value);
            }
        }
        return parameters;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
