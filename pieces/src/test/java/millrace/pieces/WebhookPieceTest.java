package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import millrace.engine.Json;
import millrace.engine.Response;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.TriggerCall;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookPieceTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // response type, fields, output
                "json | {'status':200,'headers':{},'body':{'a':1}} | {'status':200,'headers':{},'body':{'a':1}}",
                "json | {'body':{'a':1}}                           | {'status':200,'headers':{},'body':{'a':1}}",
                "json | {'body':'[1, 2.50]'}                       | {'status':200,'headers':{},'body':[1,2.50]}",
                "json | {'status':'207','body':5}                  | {'status':207,'headers':{},'body':5}",
                "json | {'status':204}                             | {'status':204,'headers':{},'body':{}}",
                "json | {'headers':{'X':2},'body':{}}              | {'status':200,'headers':{'X':2},'body':{}}",
                "raw  | {'body':'plain text'}                      | {'status':200,'headers':{},'body':'plain text'}",
                "raw  | {'body':{'a':1}}                           | {'status':200,'headers':{},'body':'{~a~:1}'}",
                "redirect | {'body':'https://a.test/x'}            | {'status':301,'headers':{'Location':'https://a.test/x'},'body':{}}",
                "redirect | {'body':'a.test/x'}                    | {'status':301,'headers':{'Location':'https://a.test/x'},'body':{}}",
            })
    void the_output_is_the_response(String type, String fields, String expected) {
        assertThat(reply(type, fields, "stop"))
                .isInstanceOfSatisfying(
                        StepResult.Succeeded.class,
                        done -> assertThat(done.output()).isEqualTo(json(expected)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "json | {'body':'{broken'}        | body",
                "json | {'status':99}             | status",
                "json | {'status':100}            | status",
                "json | {'status':600}            | status",
                "json | {'status':200.5}          | status",
                "json | {'status':'abc'}          | status",
                "json | {'headers':{'a b':'x'}}   | headers",
                "json | {'headers':{'a':'x\\r\\nSet-Cookie: y'}} | headers",
                "redirect | {'body':''}           | body",
                "redirect | {'body':'a.test/\\r\\nX: y'} | headers",
                "other | {}                       | responseType",
            })
    void what_can_not_be_answered_fails_the_step(String type, String fields, String named) {
        assertThat(reply(type, fields, "stop"))
                .isInstanceOfSatisfying(
                        StepResult.Failed.class,
                        failed -> assertThat(failed.error().message()).contains("\"" + named + "\""));
    }

    @Test
    void stop_ends_the_run_and_respond_goes_on() {
        var response = new Response(200, java.util.Map.of("X-Sum", "2"), json("{'a':1}"));
        var fields = "{'headers':{'X-Sum':2},'body':{'a':1}}";
        var output = json("{'status':200,'headers':{'X-Sum':2},'body':{'a':1}}");

        assertThat(reply("json", fields, "stop")).isEqualTo(new StepResult.Succeeded(output, response, true));
        assertThat(reply("json", fields, "respond")).isEqualTo(new StepResult.Succeeded(output, response, false));
        assertThat(reply("json", fields, null)).isEqualTo(new StepResult.Succeeded(output));
    }

    @Test
    void headers_of_the_connection_are_left_to_the_server() {
        var fields = "{'headers':{'Content-Length':'5','transfer-encoding':'chunked','Connection':'close','A':'b'}}";

        assertThat(reply("json", fields, "stop"))
                .isInstanceOfSatisfying(
                        StepResult.Succeeded.class,
                        done -> assertThat(
                                        Objects.requireNonNull(done.response()).headers())
                                .containsOnlyKeys("A"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // trigger input, headers, admitted
                "{}                                     | {}                                 | true",
                "{'authType':'none'}                    | {}                                 | true",
                "{'authType':'basic','authFields':{'username':'ada','password':'p:w'}} | {'authorization':'BASIC'} | true",
                "{'authType':'basic','authFields':{'username':'ada','password':'no'}}  | {'authorization':'BASIC'} | false",
                "{'authType':'basic','authFields':{'username':'ada','password':'p:w'}} | {}                        | false",
                "{'authType':'basic','authFields':{'username':'ada','password':'p:w'}} | {'authorization':'Basic %%%'} | false",
                "{'authType':'basic','authFields':{'username':'ada','password':'p:w'}} | {'authorization':'Bearer x'}  | false",
                "{'authType':'basic','authFields':{}}                                  | {'authorization':'Basic Og=='} | false",
                "{'authType':'basic'}                                                  | {'authorization':'Basic Og=='} | false",
                "{'authType':'header','authFields':{'headerName':'X-Secret','headerValue':'s'}} | {'x-secret':'s'} | true",
                "{'authType':'header','authFields':{'headerName':'X-Secret','headerValue':'s'}} | {'x-secret':'t'} | false",
                "{'authType':'header','authFields':{'headerName':'X-Secret','headerValue':'s'}} | {}               | false",
                "{'authType':'header','authFields':{'headerName':'X-Secret'}}                   | {}               | false",
                "{'authType':'hmac'}                                                            | {}               | false",
            })
    void wrong_credentials_give_no_event(String input, String headers, boolean admitted) {
        var basic = "Basic " + Base64.getEncoder().encodeToString("ada:p:w".getBytes(StandardCharsets.UTF_8));
        var payload = Json.object().put("method", "POST");
        payload.set("headers", json(headers.replace("BASIC", basic)));
        payload.putObject("body").put("n", 1);

        var events = Objects.requireNonNull(WebhookPiece.WEBHOOK.trigger("catch_webhook"))
                .events(new TriggerCall((ObjectNode) json(input), payload));

        assertThat(events).isEqualTo(admitted ? java.util.List.of(payload) : java.util.List.of());
    }

    private static StepResult reply(String type, String fields, @Nullable String respond) {
        var input = Json.object().put("responseType", type);
        input.set("fields", json(fields));
        if (respond != null) {
            input.put("respond", respond);
        }
        return Objects.requireNonNull(WebhookPiece.WEBHOOK.action("return_response"))
                .run(new ActionCall(
                        input, "key", call -> new HttpOutcome.Unanswered("no network"), Duration.ofSeconds(1)));
    }

    private static JsonNode json(String quoted) {
        return Json.read(quoted.replace('\'', '"').replace("~", "\\\""));
    }
}
