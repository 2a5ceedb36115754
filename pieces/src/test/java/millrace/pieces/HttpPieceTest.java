package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpPieceTest {
    private final EchoServer server = new EchoServer();
    private final GuardedHttpSender sender = new GuardedHttpSender(AddressGuard.strict(List.of("127.0.0.1")), 100_000);

    @AfterEach
    void close() {
        sender.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"})
    void every_method_is_sent(String method) {
        var output = succeeded(input("/").put("method", method));

        assertThat(output.path("status").asInt()).isEqualTo(200);
        assertThat(server.requests().getFirst().path("method").asText()).isEqualTo(method);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/a?x=1 | {'y':'two words','z':['1','2'],'none':null} | /a?x=1&y=two%20words&z%5B%5D=1&z%5B%5D=2",
                "/a     | {'q':'a&b=c%'}                              | /a?q=a%26b%3Dc%25",
                "/ä b¦c?d={e}#hash | {}                               | /%C3%A4%20b%7Cc?d=%7Be%7D",
                "/100%  | {}                                          | /100%25",
            },
            ignoreLeadingAndTrailingWhitespace = true)
    void the_query_of_the_url_is_kept_and_parameters_are_appended(String path, String query, String sent) {
        succeeded((ObjectNode) input(path.replace("¦", "|")).set("queryParams", json(query)));

        assertThat(server.requests().getFirst().path("uri").asText()).isEqualTo(sent);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "none | {'data':1}              | null             | ``",
                "json | {'data':{'a':1.50}}     | application/json | {'a':1.50}",
                "json | {'data':'{\"a\": 1}'}   | application/json | {'a':1}",
                "raw  | {'data':'<a/>'}         | application/json | <a/>",
            })
    void bodies_are_sent_by_their_type(String type, String body, String contentType, String sent) {
        var input = input("/").put("method", "POST").put("body_type", type);
        input.set("body", json(body));
        succeeded(input);

        var request = server.requests().getFirst();
        assertThat(request.path("headers").path("content-type").asText("null")).isEqualTo(contentType);
        assertThat(request.path("body").asText()).isEqualTo(sent.replace('\'', '"'));
    }

    @Test
    void form_data_has_texts_and_files_and_leaves_out_the_empty() {
        var input = input("/").put("method", "POST").put("body_type", "form_data");
        input.set(
                "body",
                json("{'data':[{'fieldName':'a','fieldType':'text','textFieldValue':'one'},"
                        + "{'fieldName':'b','fieldType':'text','textFieldValue':''},"
                        + "{'fieldName':'f','fieldType':'file','fileFieldValue':'data:text/plain;base64,aGk='},"
                        + "{'fieldName':'g','fieldType':'file'}]}"));
        input.withObject("headers").put("content-type", "text/plain");
        succeeded(input);

        var request = server.requests().getFirst();
        var type = request.path("headers").path("content-type").asText();
        assertThat(type).startsWith("multipart/form-data; boundary=");
        var boundary = "--" + type.substring(type.indexOf('=') + 1);
        assertThat(request.path("body").asText())
                .isEqualTo(boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n" + boundary
                        + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"unknown.txt\""
                        + "\r\nContent-Type: application/octet-stream\r\n\r\nhi\r\n" + boundary + "--\r\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "NONE         | {}                                 | null",
                "BASIC        | {'username':'ada','password':'p:w'} | Basic YWRhOnA6dw==",
                "BEARER_TOKEN | {'token':'t0k3n'}                   | Bearer t0k3n",
            })
    void authentication_sets_the_authorization_header(String type, String fields, String expected) {
        var input = input("/").put("authType", type);
        input.set("authFields", json(fields));
        succeeded(input);

        assertThat(server.requests()
                        .getFirst()
                        .path("headers")
                        .path("authorization")
                        .asText("null"))
                .isEqualTo(expected);
    }

    @Test
    void missing_authentication_fields_fail_the_step() {
        assertThat(failed(input("/").put("authType", "BASIC"))).contains("username");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void own_headers_win_over_the_defaults() {
        succeeded(input("/"));
        var own = input("/");
        own.withObject("headers")
                .put("accept", "text/csv")
                .put("idempotency-key", "mine")
                .put("X-N", 5);
        succeeded(own);

        var defaults = server.requests().get(0).path("headers");
        var chosen = server.requests().get(1).path("headers");
        assertThat(defaults.path("accept").asText()).isEqualTo("application/json");
        assertThat(defaults.path("idempotency-key").asText()).isEqualTo("run-step-1");
        assertThat(chosen.path("accept").asText()).isEqualTo("text/csv");
        assertThat(chosen.path("idempotency-key").asText()).isEqualTo("mine");
        assertThat(chosen.path("x-n").asText()).isEqualTo("5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x\r\nInjected: yes", "caf\u0000"})
    void a_header_value_with_a_control_character_fails_the_step(String value) {
        var input = input("/");
        input.withObject("headers").put("X-A", value);

        assertThat(failed(input)).contains("X-A");
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void the_answers_body_is_parsed_when_it_is_json() {
        assertThat(succeeded(input("/status/200")).path("body")).isEqualTo(json("{'why':'asked'}"));
        assertThat(succeeded(input("/text")).path("body").asText()).isEqualTo("plain text");
        assertThat(succeeded(input("/bytes").put("response_is_binary", true))
                        .path("body")
                        .asText())
                .isEqualTo("AAH/");
        assertThat(succeeded(input("/cookies")).path("headers").path("set-cookie"))
                .isEqualTo(json("['a=1','b=2']"));
        assertThat(succeeded(input("/cookies")).path("body").asText("none")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // mode, status, tries, what comes back
        "retry_all,     404, 3, error", "retry_all,     500, 3, error",
        "retry_5xx,     404, 1, result", "retry_5xx,     503, 3, error",
        "retry_none,    404, 1, error", "retry_none,    500, 1, error",
        "continue_all,  404, 1, result", "continue_all,  500, 1, result",
        "continue_4xx,  404, 1, result", "continue_4xx,  500, 3, error",
        "continue_none, 404, 1, error", "continue_none, 500, 1, error",
        "none,          404, 1, error",
    })
    void failure_modes_decide_tries_and_outcome(String mode, int status, int tries, String outcome) {
        var input = input("/status/" + status);
        if (!mode.equals("none")) {
            input.put("failureMode", mode);
        }
        var expected = json("{'response':{'status':" + status + ",'body':{'why':'asked'}},'request':{}}");

        if (outcome.equals("result")) {
            assertThat(succeeded(input)).isEqualTo(expected);
        } else {
            assertThat(json(failed(input))).isEqualTo(expected);
        }
        assertThat(server.requests()).hasSize(tries);
        assertThat(server.requests())
                .extracting(request ->
                        request.path("headers").path("idempotency-key").asText())
                .containsOnly("run-step-1");
    }

    @Test
    void an_old_flow_with_failsafe_goes_on() {
        assertThat(succeeded(input("/status/500").put("failsafe", true))
                        .path("response")
                        .path("status")
                        .asInt())
                .isEqualTo(500);
    }

    @Test
    void no_answer_counts_as_status_500_without_body() {
        server.close();

        assertThat(json(failed(input("/")))).isEqualTo(json("{'response':{'status':500},'request':{}}"));
    }

    @Test
    void an_answer_that_does_not_end_fails_at_the_timeout() {
        var began = System.nanoTime();

        assertThat(failed(input("/drip").put("timeout", 0.2))).contains("500");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void a_redirect_is_an_answer_unless_it_is_to_be_followed() {
        var location = "/redirect/302?" + server.url("/text");

        assertThat(succeeded(input(location)).path("status").asInt()).isEqualTo(302);
        var followed = succeeded(input(location).put("followRedirects", true));
        assertThat(followed.path("status").asInt()).isEqualTo(200);
        assertThat(followed.path("body").asText()).isEqualTo("plain text");
    }

    @ParameterizedTest
    @CsvSource({"301, GET", "302, GET", "303, GET", "307, POST", "308, POST"})
    void a_redirected_post_keeps_its_method_only_where_http_says_so(int status, String expected) {
        var input =
                input("/redirect/" + status + "?/target").put("method", "POST").put("body_type", "raw");
        input.putObject("body").put("data", "text");
        succeeded(input.put("followRedirects", true));

        assertThat(server.requests().get(1).path("method").asText()).isEqualTo(expected);
        assertThat(server.requests().get(1).path("body").asText()).isEqualTo(expected.equals("POST") ? "text" : "");
    }

    @Test
    void credentials_do_not_follow_to_another_origin() {
        try (var other = new EchoServer()) {
            var input = input("/redirect/302?" + other.url("/"))
                    .put("followRedirects", true)
                    .put("authType", "BEARER_TOKEN");
            input.putObject("authFields").put("token", "secret");
            succeeded(input);

            assertThat(server.requests().getFirst().path("headers").has("authorization"))
                    .isTrue();
            assertThat(other.requests().getFirst().path("headers").has("authorization"))
                    .isFalse();
        }
    }

    @Test
    void a_proxy_is_refused_and_not_left_out() {
        assertThat(failed(input("/").put("use_proxy", true))).contains("use_proxy");
        assertThat(server.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'url':'https://a.test:8080/x/y?b=1&c=two+words&b=2#h'} | {'base_url':'https://a.test:8080','domain':'a.test','path':'/x/y','query_parameters':{'b':['1','2'],'c':'two words'},'hash':'#h'}",
                "{'url':'https://a.test?b=1&b=2','returnArrays':false} | {'base_url':'https://a.test','domain':'a.test','path':'/','query_parameters':{'b':'1'},'hash':''}",
            })
    void a_url_is_split(String input, String expected) {
        var result = Objects.requireNonNull(HttpPiece.HTTP.action("parse_url")).run(call((ObjectNode) json(input)));

        assertThat(result).isEqualTo(new StepResult.Succeeded(json(expected)));
    }

    private ObjectNode input(String path) {
        var input = Json.object().put("method", "GET").put("url", server.url(path));
        input.putObject("headers");
        input.putObject("queryParams");
        return input;
    }

    private JsonNode succeeded(ObjectNode input) {
        var result =
                Objects.requireNonNull(HttpPiece.HTTP.action("send_request")).run(call(input));
        assertThat(result).isInstanceOf(StepResult.Succeeded.class);
        return ((StepResult.Succeeded) result).output();
    }

    private String failed(ObjectNode input) {
        var result =
                Objects.requireNonNull(HttpPiece.HTTP.action("send_request")).run(call(input));
        assertThat(result).isInstanceOf(StepResult.Failed.class);
        return ((StepResult.Failed) result).error().message();
    }

    private ActionCall call(ObjectNode input) {
        return new ActionCall(input, "run-step-1", sender, Duration.ofSeconds(30));
    }

    private static JsonNode json(String quoted) {
        return Json.read(quoted.replace("'{\"a\": 1}'", "\"{\\\"a\\\": 1}\"").replace('\'', '"'));
    }
}
