package millrace.nativepiece;

import static millrace.nativepiece.ActionDefinition.pure;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import millrace.engine.Json;
import millrace.engine.StepResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InputRulesTest {
    private static final HttpSender NOWHERE = call -> new HttpOutcome.Unanswered("no network here");
    private static final ActionDefinition MIRROR = pure("mirror", "Mirror")
            .prop(Property.shortText("text"))
            .prop(Property.number("number"))
            .prop(Property.checkbox("flag"))
            .prop(Property.dateTime("date"))
            .prop(Property.json("json"))
            .prop(Property.object("object"))
            .prop(Property.array("list"))
            .prop(Property.array("rows", Property.shortText("key").required(), Property.number("n")))
            .prop(Property.staticDropdown("kind").option("A", "a").option("B", "b"))
            .prop(Property.dynamic("fields", "kind").when("a", Property.number("n")))
            .prop(Property.file("file"))
            .run(Input::values);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'text':5}                        | {'text':'5'}",
                "{'text':{'a':1}}                  | {'text':'{\"a\":1}'}",
                "{'text':''}                       | {}",
                "{'text':null}                     | {}",
                "{'number':'12'}                   | {'number':12}",
                "{'number':' 1.50 '}               | {'number':1.5}",
                "{'number':'0x10'}                 | {'number':16}",
                "{'number':'1e3'}                  | {'number':1000}",
                "{'number':''}                     | {}",
                "{'number':true}                   | {'number':1}",
                "{'flag':'TRUE'}                   | {'flag':true}",
                "{'flag':'false'}                  | {'flag':false}",
                "{'date':'2026-01-02'}             | {'date':'2026-01-02T00:00:00.000Z'}",
                "{'date':'2026-01-02T03:04:05+01:00'} | {'date':'2026-01-02T02:04:05.000Z'}",
                "{'date':'soon'}                   | {}",
                "{'json':'[1,2]'}                  | {'json':[1,2]}",
                "{'json':'not json'}               | {'json':'not json'}",
                "{'object':'{\"a\":1}'}            | {'object':{'a':1}}",
                "{'object':[1]}                    | {}",
                "{'object':'x'}                    | {}",
                "{'list':'[1]'}                    | {'list':[1]}",
                "{'rows':{'key':['a','b'],'n':'1'}} | {'rows':[{'key':'a','n':1},{'key':'b','n':1}]}",
                "{'kind':'a','fields':{'n':'4','other':true}} | {'kind':'a','fields':{'n':4,'other':true}}",
                "{'kind':'b','fields':{'n':'4'}}   | {'kind':'b','fields':{'n':'4'}}",
                "{'file':'data:text/plain;base64,aGk='} | {'file':{'filename':'unknown.txt','extension':'txt','base64':'aGk='}}",
                "{'file':'no address'}             | {}",
                "{'unknown':1,'__proto__':{'a':1}} | {'unknown':1,'__proto__':{'a':1}}",
            })
    void values_are_converted_by_kind(String given, String expected) {
        var result = MIRROR.run(call(given));

        assertThat(result).isEqualTo(new StepResult.Succeeded(json(expected)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'number':'12a'}          | {'number':['Expected number, received: 12a']}",
                "{'flag':'yes'}            | {'flag':['Expected boolean, received: yes']}",
                "{'list':'x','number':[]}  | {'number':['Expected number, received: []'],'list':['Expected array, received: x']}",
                "{'rows':[{'n':1}]}        | {'rows':[{'key':['Expected string, received: undefined']}]}",
                "{'rows':[1]}              | {'rows':['Expected object, received: 1']}",
                "{'kind':'a','fields':{'n':'x'}} | {'fields':[{'n':['Expected number, received: x']}]}",
            })
    void faults_fail_the_step_with_all_of_them_by_property(String given, String expected) {
        var result = MIRROR.run(call(given));

        assertThat(result)
                .isInstanceOfSatisfying(
                        StepResult.Failed.class,
                        failed ->
                                assertThat(Json.read(failed.error().message())).isEqualTo(json(expected)));
    }

    @Test
    void a_missing_required_value_takes_the_default_or_fails() {
        var action = pure("action", "Action")
                .prop(Property.staticDropdown("mode").required().initially("none"))
                .prop(Property.shortText("url").required())
                .run(Input::values);

        assertThat(action.run(call("{'url':'x'}")))
                .isEqualTo(new StepResult.Succeeded(json("{'url':'x','mode':'none'}")));
        assertThat(action.run(call("{'mode':'basic'}")))
                .isInstanceOfSatisfying(
                        StepResult.Failed.class,
                        failed -> assertThat(failed.error().message())
                                .isEqualTo("{\"url\":[\"Expected string, received: undefined\"]}"));
    }

    @Test
    void the_given_input_is_left_as_it_is() {
        var call = call("{'number':'12','fields':{'n':'1'},'kind':'a'}");
        MIRROR.run(call);

        assertThat(call.input()).isEqualTo(json("{'number':'12','fields':{'n':'1'},'kind':'a'}"));
    }

    @Test
    void a_file_is_fetched_through_the_sender_and_named_by_its_answer() {
        HttpSender sender = request -> new HttpOutcome.Answered(
                200,
                List.of(new HttpCall.Header("Content-Disposition", "attachment; filename*=UTF-8''na%C3%AFve.csv")),
                new byte[] {1, 2});
        var input = (ObjectNode) json("{'file':'https://files.test/x'}");

        var result = MIRROR.run(new ActionCall(input, "key", sender, Duration.ofSeconds(1)));

        assertThat(result)
                .isEqualTo(new StepResult.Succeeded(
                        json("{'file':{'filename':'naïve.csv','extension':'csv','base64':'AQI='}}")));
    }

    private static ActionCall call(String input) {
        return new ActionCall((ObjectNode) json(input), "key", NOWHERE, Duration.ofSeconds(1));
    }

    private static com.fasterxml.jackson.databind.JsonNode json(String quoted) {
        return Json.read(quoted.replaceAll("(?<!\\\\)'", "\"").replace("\"{\"a\":1}\"", "\"{\\\"a\\\":1}\""));
    }
}
