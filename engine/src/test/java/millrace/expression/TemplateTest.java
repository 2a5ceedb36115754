package millrace.expression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.stream.Collectors;
import millrace.definition.Tokens;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateTest {
    private static final JsonNode STATE = Json.read("""
            {"trigger":{"output":{"body":{"n":5,"s":"x","list":[1,2],"o":{"k":null},"price":1.50,"big":12345678901234567890,
             "items":[{"b":"first"},{"b":"second"}],"__proto__":{"a":1},"2":"two","a b":true,"deep":[{"tags":["p","q"]},{"tags":["r"]}]}}},
             "step_1":{"output":"","error":{"message":"boom"}},
             "step_2":{"output":{"item":"b","index":2}}}""");
    private static final Scope SCOPE = new Scope() {
        @Override
        public @Nullable JsonNode root(String name) {
            return STATE.get(name);
        }

        @Override
        public JsonNode connection(String externalId) {
            if (!externalId.equals("c")) {
                throw ReferenceFailure.connectionNotFound(externalId);
            }
            return Json.read("{\"type\":\"SECRET_TEXT\",\"secret_text\":\"hush\"}");
        }

        @Override
        public @Nullable JsonNode variable(String name) {
            return name.equals("V") ? TextNode.valueOf("value") : null;
        }
    };

    private static JsonNode resolve(String text) {
        return Template.of(TextNode.valueOf(text)).resolve(SCOPE, Map.of());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {{trigger['output'].body.n}}                          | 5
            ` {{trigger['output'].body.n}} `                      | 5
            n={{trigger['output'].body.n}}                        | "n=5"
            {{trigger['output'].body.list}}                       | [1,2]
            l={{trigger['output'].body.list}}                     | "l=[1,2]"
            {{trigger['output'].body.o.k}}                        | ""
            {{trigger['output'].body.o}}                          | {"k":null}
            {{trigger['output'].body.zz.y}}                       | ""
            {{step_9['output']}}                                  | ""
            {{step_1['error'].message}}                           | "boom"
            {{step_2['output'].index}}                            | 2
            {{trigger['output'].body.s}}{{trigger['output'].body.n}} | "x5"
            {{ trigger [ "output" ] . body ?. items [ 1 ] ?. b }} | "second"
            {{trigger.output.body.items.length}}                  | 2
            {{trigger.output.body.items[1].b.length}}             | 6
            {{trigger.output.body.items[1].b[0]}}                 | "s"
            {{trigger.output.body.items['1'].b}}                  | "second"
            {{trigger.output.body.items[9].b}}                    | ""
            {{trigger.output.body.items[-1]}}                     | ""
            {{trigger.output.body[2]}}                            | "two"
            {{trigger.output.body['a b']}}                        | true
            {{trigger.output.body.__proto__}}                     | {"a":1}
            {{trigger.output.body.o.__proto__}}                   | ""
            {{trigger.output.body.o.constructor}}                 | ""
            {{trigger.output.body.n.toFixed}}                     | ""
            {{'it''s'}}                                           | ""
            {{'a\\'b'}}                                            | "a'b"
            {{42}}                                                | 42
            {{true}}                                              | true
            {{null}}                                              | ""
            {{}}                                                  | ""
            a {{ }} b                                             | "a  b"
            {{x                                                   | "{{x"
            x}}                                                   | "x}}"
            {{variables['V']}} and {{variables.W}}                | "value and "
            {{connections['c'].secret_text}}                      | "hush"
            {{connections}}{{connections['']}}                    | ""
            p={{trigger.output.body.price}} {{trigger.output.body.big}} | "p=1.50 12345678901234567890"
            {{flattenNestedKeys(trigger.output.body.deep, ['tags'])}}      | ["p","q","r"]
            {{flattenNestedKeys(trigger.output.body.nothing, ['tags'])}}   | []
            """)
    void resolves_the_vectors_of_the_reference(String text, String expected) {
        assertThat(Template.of(TextNode.valueOf(text)).computed().stream()
                        .filter(s -> !s.contains("''") && !s.contains("[-1]")))
                .isEmpty();
        assertThat(resolve(text)).isEqualTo(Json.read(expected));
    }

    @Test
    void flattened_lists_in_text_become_a_list_of_texts() {
        assertThat(resolve("<{{flattenNestedKeys(trigger.output.body.deep, ['tags'])}}> {{trigger.output.body.n}}"
                        + " {{trigger.output.body.list}}"))
                .isEqualTo(Json.read("[\"<p> 5 1\",\"<q> 5 2\",\"<r> 5 \"]"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a {{x}} b            | [`a `, ` b`]           | x
            {{a}}{{b}}           | [``, ``, ``]           | a,b
            {{{{a}}}}            | [``, ``]               | {{a}}
            {{ 'a}}b' }}         | [``, `b' }}`]          | 'a
            {{ {a:{b:1}} }}      | [``, ` }}`]            | {a:{b:1
            {{ {a:{b:1} } }}     | [``, ``]               | {a:{b:1} }
            {{{a}}}              | [``, `}`]              | {a
            """)
    void cuts_tokens_by_counting_pairs(String text, String literals, String contents) {
        var tokens = Tokens.of(text);

        assertThat(tokens.contents().stream().map(String::trim).collect(Collectors.joining(",")))
                .isEqualTo(contents);
        assertThat(tokens.literals()).hasSize(tokens.contents().size() + 1);
        assertThat(tokens.literals()
                        .toString()
                        .replace("[", "[`")
                        .replace("]", "`]")
                        .replace(", ", "`, `"))
                .isEqualTo(literals);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "trigger.output.body.n + 1",
                "[1,2]",
                "Math.PI",
                "a ? b : c",
                "`t`",
                "x.map(y => y)",
                "007",
                "1.50",
                "-1",
                "a[-1]",
                "'\\x41'",
                "a[b]",
                "class",
                "a..b",
                "a.1",
                "a b",
                "ä.x",
                "'a' + connections['c'].x"
            })
    void hands_out_what_needs_javascript(String source) {
        var template = Template.of(TextNode.valueOf("{{ " + source + " }}"));

        assertThat(template.computed()).containsExactly(source);
        assertThat(template.resolve(SCOPE, Map.of())).isEqualTo(TextNode.valueOf(""));
        assertThat(template.resolve(SCOPE, Map.of(source, IntNode.valueOf(6)))).isEqualTo(IntNode.valueOf(6));
    }

    @Test
    void names_what_it_reads() {
        var template = Template.of(Json.read("""
                {"a":"{{step_1.output.x}}","b":["{{ step_2.output.step_3 + step_4['step_5'] + connections['c d'].x }}"],
                 "c":"{{variables.V}} {{connections.e}}","d":"{{ flattenNestedKeys(step_6.output, ['k']) }}"}"""));

        assertThat(template.names())
                .contains("step_1", "step_2", "step_4", "step_6", "connections", "variables")
                .doesNotContain("step_3", "step_5");
        assertThat(template.connectionNames()).containsExactlyInAnyOrder("c d", "e");
        assertThat(template.variableNames()).containsExactly("V");
    }

    @Test
    void censors_and_refills_secrets() {
        var template = Template.of(Json.read("""
                {"token":"Bearer {{connections['c'].secret_text}}{{trigger.output.body.n}}","auth":"{{connections['c']}}",
                 "plain":"{{trigger.output.body.s}}","list":["{{variables.V}}", 1]}"""));

        var censored = template.censored(SCOPE, Map.of());
        var journalled = Json.read(Json.text(censored).replace("\"x\"", "\"as it was\""));

        assertThat(template.mentionsSecrets()).isTrue();
        assertThat(censored).isEqualTo(Json.read("""
                {"token":"Bearer **REDACTED**5","auth":"**REDACTED**","plain":"x","list":["**REDACTED**",1]}"""));
        assertThat(template.refill(journalled, SCOPE, Map.of())).isEqualTo(Json.read("""
                {"token":"Bearer hush5","auth":{"type":"SECRET_TEXT","secret_text":"hush"},"plain":"as it was","list":["value",1]}"""));
    }

    @Test
    void a_missing_connection_fails_the_step() {
        assertThatThrownBy(() -> resolve("{{connections['missing-conn']}}"))
                .isInstanceOf(ReferenceFailure.class)
                .hasMessageContaining("connection (missing-conn) not found");
    }

    @Test
    void a_template_without_tokens_is_the_value_itself() {
        var value = Json.read("{\"a\":[1,{\"b\":\"c\"}]}");
        var template = Template.of(value);

        assertThat(template.constant()).isTrue();
        assertThat(template.resolve(SCOPE, Map.of())).isSameAs(value);
    }

    @Test
    void json_in_text_is_laid_out_as_javascript_does() {
        var value = Json.read(
                "{\"b\":\"\\u001f\\u2028\\ud800é\\\"/\",\"10\":1.0,\"9\":1e3,\"01\":1e-7,\"c\":1E+30,\"d\":-0.0}");

        assertThat(JsonText.of(value))
                .isEqualTo(
                        "{\"9\":1000,\"10\":1.0,\"b\":\"\\u001f\u2028\\ud800é\\\"/\",\"01\":1e-7,\"c\":1e+30,\"d\":0.0}");
    }
}
