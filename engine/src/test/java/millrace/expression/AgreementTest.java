package millrace.expression;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import millrace.definition.Condition;
import millrace.definition.Operator;
import millrace.engine.Json;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Java and JavaScript give the same value for plain paths and the same answer for conditions. */
class AgreementTest {
    record Case(Operator operator, JsonNode first, JsonNode second, boolean caseSensitive) {}

    record Evaluation(JsonNode output, List<String> expressions) {}

    @Property(tries = 3, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void conditions_hold_as_in_javascript(@ForAll("cases") List<Case> cases) {
        ObjectNode batch = Json.object();
        ArrayNode conditions = batch.putArray("conditions");
        for (Case c : cases) {
            ObjectNode condition =
                    conditions.addObject().put("operator", c.operator().name());
            condition.set("first", c.first());
            condition.set("second", c.second());
            condition.put("caseSensitive", c.caseSensitive());
        }

        JsonNode answers = Node.answer(batch).path("conditions");

        var wrong = new ArrayList<String>();
        for (int i = 0; i < cases.size(); i++) {
            Case c = cases.get(i);
            var condition = new Condition(c.operator(), c.first(), c.second(), c.caseSensitive());
            boolean holds = Conditions.holds(condition, c.first(), c.second());
            if (holds != answers.get(i).booleanValue()) {
                wrong.add(c + ": Java says " + holds);
            }
        }
        assertThat(wrong.stream().distinct().limit(40)).isEmpty();
    }

    @Property(tries = 3, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void dates_are_read_as_in_javascript(@ForAll("dates") List<String> dates) {
        ObjectNode batch = Json.object();
        ArrayNode texts = batch.putArray("dates");
        dates.forEach(texts::add);

        JsonNode answers = Node.answer(batch).path("dates");

        var wrong = new ArrayList<String>();
        for (int i = 0; i < dates.size(); i++) {
            var time = JsDate.parse(dates.get(i));
            JsonNode answer = answers.get(i);
            if (time.isPresent() != !answer.isNull() || (time.isPresent() && time.getAsLong() != answer.longValue())) {
                wrong.add("\"" + dates.get(i) + "\": Java " + time + ", JavaScript " + answer);
            }
        }
        assertThat(wrong.stream().distinct().limit(40)).isEmpty();
    }

    @Property(tries = 3, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
    void paths_have_the_value_that_javascript_gives(
            @ForAll("state") JsonNode output, @ForAll("paths") List<String> paths) {
        ObjectNode batch = Json.object();
        ObjectNode state = batch.putObject("state");
        state.putObject("step_1").set("output", output);
        ArrayNode expressions = batch.putArray("expressions");
        paths.forEach(expressions::add);
        Scope scope = new Scope() {
            @Override
            public @Nullable JsonNode root(String name) {
                return state.get(name);
            }

            @Override
            public @Nullable JsonNode connection(String externalId) {
                return null;
            }

            @Override
            public @Nullable JsonNode variable(String name) {
                return null;
            }
        };

        JsonNode answers = Node.answer(batch).path("expressions");

        var wrong = new ArrayList<String>();
        for (int i = 0; i < paths.size(); i++) {
            var template = Template.of(TextNode.valueOf("{{" + paths.get(i) + "}}"));
            assertThat(template.computed()).as(paths.get(i)).isEmpty();
            JsonNode value = template.resolve(scope, Map.of());
            if (!sameValue(value, answers.get(i))) {
                wrong.add(paths.get(i) + ": Java " + value + ", JavaScript " + answers.get(i));
            }
        }
        assertThat(wrong.stream().distinct().limit(40)).isEmpty();
    }

    private static boolean sameValue(JsonNode a, JsonNode b) {
        return JsonText.of(a).equals(JsonText.of(b));
    }

    @Provide
    Arbitrary<List<Case>> cases() {
        return Combinators.combine(Arbitraries.of(Operator.class), values(), values(), Arbitraries.of(true, false))
                .as(Case::new)
                .list()
                .ofSize(1500);
    }

    private static Arbitrary<JsonNode> values() {
        return Arbitraries.frequencyOf(
                Tuple.of(6, texts().map(TextNode::valueOf)),
                Tuple.of(3, scalars()),
                Tuple.of(2, scalars().list().ofMaxSize(3).map(AgreementTest::array)),
                Tuple.of(1, scalars().map(value -> object("a", value))));
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        "", " ", "a", "A", "abc", "ABC", "b", "null", "true", "false", "undefined", "[object Object]"),
                Arbitraries.of(
                        "0",
                        "1",
                        "10",
                        "9",
                        "-1",
                        "+5",
                        " 7 ",
                        "1e3",
                        "1.5",
                        ".5",
                        "5.",
                        "0x10",
                        "0b11",
                        "0o17",
                        "-0x1",
                        "1_000",
                        "1d",
                        "0x1p3",
                        "Infinity",
                        "-Infinity",
                        "infinity",
                        "NaN",
                        "1e",
                        "e1",
                        "--1",
                        "1,5"),
                Arbitraries.of(
                        "[]",
                        "[1]",
                        "[\"a\"]",
                        "{\"a\":1}",
                        "\"a\"",
                        "[1,",
                        "[null]",
                        " [ ] ",
                        "1,2",
                        "[01]",
                        "ß",
                        "İ"),
                Arbitraries.of(
                        "2024-01-01",
                        "2024-01-01T00:00:00Z",
                        "2024-01-01T00:00:00.000Z",
                        "2024-01-01 00:00",
                        "2024-01-01T02:00:00+02:00",
                        "2024",
                        "1704067200000",
                        "Jan 1, 2024",
                        "20240101"),
                Arbitraries.strings().withCharRange('a', 'c').ofMaxLength(3));
    }

    private static Arbitrary<JsonNode> scalars() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(-3, 12).map(IntNode::valueOf),
                Arbitraries.of(0L, 1L, 1704067200000L, 9007199254740991L, -1L).map(LongNode::valueOf),
                Arbitraries.of("0.5", "1.5", "-2.25", "1e-7").map(text -> DecimalNode.valueOf(new BigDecimal(text))),
                Arbitraries.of(BooleanNode.TRUE, BooleanNode.FALSE),
                Arbitraries.of(TextNode.valueOf("a"), TextNode.valueOf("B"), TextNode.valueOf("")),
                Arbitraries.just(NullNode.getInstance()));
    }

    @Provide
    Arbitrary<List<String>> dates() {
        Arbitrary<String> year = Arbitraries.of("2024", "1999", "0099", "1970", "2100", "24", "99");
        Arbitrary<String> month = Arbitraries.of("01", "2", "12", "13", "00", "06");
        Arbitrary<String> day = Arbitraries.of("01", "5", "29", "31", "32", "00", "");
        Arbitrary<String> separator = Arbitraries.of("-", "/", "");
        Arbitrary<String> clock = Arbitraries.of(
                "",
                "T00:00",
                " 10:20",
                "T10:20:30",
                "T23:59:59.999",
                "T24:00:00",
                "T25:00",
                "T10:20:30.5",
                " 1:2:3",
                "T10",
                "T10:60",
                "T10:20:30.123456",
                "t10:20",
                " 10:20 PM",
                " 10:20 am",
                " 13:00 PM",
                " 12:00 AM",
                " ");
        Arbitrary<String> zone =
                Arbitraries.of("", "", "Z", "z", "+02:00", "-0530", "+02", " GMT", " UTC", " GMT+0200", " EST", " PDT");
        Arbitrary<String> numeric = Combinators.combine(year, separator, month, day, clock, zone)
                .as((y, s, m, d, c, z) -> y + s + m + s + d + c + z);
        Arbitrary<String> american = Combinators.combine(month, day, year, clock, zone)
                .as((m, d, y, c, z) -> m + "/" + d + "/" + y + c.replace('T', ' ') + z);
        Arbitrary<String> names = Arbitraries.of("Jan", "February", "dec", "Sept", "May", "Foo");
        Arbitrary<String> spoken = Combinators.combine(names, day, year, clock, zone)
                .as((m, d, y, c, z) -> m + " " + d + ", " + y + c.replace('T', ' ') + z);
        Arbitrary<String> mail = Combinators.combine(
                        Arbitraries.of("Mon, ", "Friday ", ""), day, names, year, clock, zone)
                .as((w, d, m, y, c, z) -> w + d + " " + m + " " + y + c.replace('T', ' ') + z);
        return Arbitraries.oneOf(
                        numeric,
                        american,
                        spoken,
                        mail,
                        Arbitraries.of(
                                "",
                                "x",
                                "today",
                                "1704067200000",
                                "12345",
                                "1",
                                "2024-1",
                                "+002024-01-01",
                                "-000001-01-01",
                                "2024-01-01T00:00:00+24:00",
                                "2024-02-31",
                                "2024-04-31T00:00Z",
                                "Jan 2024",
                                "2024 Jan 5"))
                .list()
                .ofSize(3000);
    }

    @Provide
    Arbitrary<JsonNode> state() {
        return Arbitraries.of(Json.read("""
                {"a":{"b":{"c":"text","list":[1,[2,{"k":"v"}],null]},"0":"zero","a b":true,"__proto__":{"c":"own"}},
                 "list":[{"a":1,"k":[{"a":"x"},{"a":"y"}]},{"a":2},"str",[],null],"n":5,"f":1.5,"t":true,"s":"grüße","e":"","null":null,
                 "constructor":"mine","length":7,"é":1,"o":{"b":1,"10":2,"9":3}}"""));
    }

    @Provide
    Arbitrary<List<String>> paths() {
        Arbitrary<String> key = Arbitraries.of(
                "a",
                "b",
                "c",
                "list",
                "k",
                "n",
                "s",
                "t",
                "f",
                "e",
                "o",
                "null",
                "length",
                "__proto__",
                "constructor",
                "class",
                "0",
                "1",
                "2",
                "9",
                "10",
                "a b",
                "toString",
                "hasOwnProperty",
                "-1",
                "01");
        Arbitrary<String> suffix = Combinators.combine(
                        key, Arbitraries.integers().between(0, 5))
                .as((k, form) -> {
                    boolean name = k.matches("[a-zA-Z_]+");
                    boolean number = k.matches("0|[1-9][0-9]*");
                    return switch (form) {
                        case 0 -> "['" + k + "']";
                        case 1 -> "[\"" + k + "\"]";
                        case 2 -> number ? "[" + k + "]" : "['" + k + "']";
                        case 3 -> name ? "?." + k : "?.['" + k + "']";
                        case 4 -> name ? " . " + k : " [ '" + k + "' ]";
                        default -> name ? "." + k : "['" + k + "']";
                    };
                });
        Arbitrary<String> path = Combinators.combine(
                        Arbitraries.of("step_1['output']", "step_1.output", "step_2.output", "missing"),
                        suffix.list().ofMaxSize(4))
                .as((root, keys) -> root + String.join("", keys))
                // What JavaScript inherits is a function there and nothing here; its own properties differ on purpose.
                .filter(source -> !source.matches(".*(toString|hasOwnProperty|constructor)\\W+\\w.*"));
        return Arbitraries.frequencyOf(
                        Tuple.of(9, path),
                        Tuple.of(
                                1,
                                Arbitraries.of(
                                        "flattenNestedKeys(step_1.output.list, ['a'])",
                                                "flattenNestedKeys(step_1.output.list, ['k', 'a'])",
                                        "flattenNestedKeys(step_1.output.zz, ['a'])",
                                                "flattenNestedKeys(step_1.output.list, [])")))
                .list()
                .ofSize(1500);
    }

    private static JsonNode array(List<JsonNode> items) {
        ArrayNode array = Json.array();
        array.addAll(items);
        return array;
    }

    private static JsonNode object(String key, JsonNode value) {
        ObjectNode object = Json.object();
        object.set(key, value);
        return object;
    }
}
