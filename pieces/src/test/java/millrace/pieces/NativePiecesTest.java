package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import millrace.definition.PieceCatalogue;
import millrace.definition.PropertyType;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.ActionDefinition;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.PieceMetadata;
import millrace.nativepiece.PropertyKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativePiecesTest {
    private static final RandomGenerator HALF = () -> Long.MIN_VALUE;
    private final NativePieces pieces = new NativePieces(HALF);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "addition_math       | 1   | 2    | 3",
                "addition_math       | 0.1 | 0.2  | 0.30000000000000004",
                "addition_math       | '\"5\"' | 2 | 7",
                "addition_math       | 1e21 | 1e21 | 2E+21",
                "subtraction_math    | 3   | 10   | 7",
                "multiplication_math | 1.5 | 2    | 3",
                "multiplication_math | 1e308 | 10 | null",
                "division_math       | 1   | 4    | 0.25",
                "division_math       | 6   | 3    | 2",
                "modulo_math         | -7  | 3    | -1",
                "modulo_math         | 7   | 0    | null",
                "generateRandom_math | 1   | 6    | 4",
                "generateRandom_math | 0.5 | 0.5  | 1",
            })
    void arithmetic_is_that_of_javascript(String action, String first, String second, String expected) {
        var result = action("@activepieces/piece-math-helper", action)
                .run(call("{\"first_number\":" + first.replace("'", "") + ",\"second_number\":" + second + "}"));

        assertThat(result)
                .isInstanceOfSatisfying(
                        StepResult.Succeeded.class,
                        done -> assertThat(Json.text(done.output())).isEqualTo(expected));
    }

    @Test
    void division_by_zero_and_missing_numbers_fail_the_step() {
        var division = action("@activepieces/piece-math-helper", "division_math");

        assertThat(failure(division.run(call("{\"first_number\":1,\"second_number\":0}"))))
                .isEqualTo("{\"errors\":{\"second_number\":\"The second number cannot be zero\"}}");
        assertThat(failure(division.run(call("{\"first_number\":\"a\"}"))))
                .isEqualTo("{\"first_number\":[\"Expected number, received: a\"],"
                        + "\"second_number\":[\"Expected number, received: undefined\"]}");
    }

    @Test
    void random_numbers_stay_within_both_bounds() {
        var action = new NativePieces(new Random(7))
                .find("@activepieces/piece-math-helper")
                .orElseThrow()
                .action("generateRandom_math");
        for (var i = 0; i < 1_000; i++) {
            var result =
                    java.util.Objects.requireNonNull(action).run(call("{\"first_number\":-2,\"second_number\":2}"));
            assertThat(((StepResult.Succeeded) result).output().asInt()).isBetween(-2, 2);
        }
    }

    @Test
    void the_data_mapper_answers_its_mapping() {
        var mapper = action("@activepieces/piece-data-mapper", "advanced_mapping");

        assertThat(mapper.run(call("{\"mapping\":{\"a\":[1,{\"b\":null}]}}")))
                .isEqualTo(new StepResult.Succeeded(Json.read("{\"a\":[1,{\"b\":null}]}")));
        assertThat(mapper.run(call("{\"mapping\":\"{\\\"a\\\":1}\"}")))
                .isEqualTo(new StepResult.Succeeded(Json.read("{\"a\":1}")));
    }

    @Test
    void only_what_asks_or_changes_the_outside_is_effectful() {
        assertThat(pieces.all().stream()
                        .flatMap(piece -> piece.actions().values().stream())
                        .filter(action -> !action.pure())
                        .map(ActionDefinition::name))
                .containsExactly("send_request", "returnResponse");
    }

    @Test
    void metadata_comes_from_the_definitions() {
        for (var piece : pieces.all()) {
            JsonNode full = PieceMetadata.full(piece);
            assertThat(full.path("actions").properties())
                    .hasSameSizeAs(piece.actions().keySet());
            assertThat(PieceMetadata.summary(piece).path("actions").asInt())
                    .isEqualTo(piece.actions().size());
            assertThat(full.path("version").asText()).matches("\\d+\\.\\d+\\.\\d+");
        }
        var webhook =
                PieceMetadata.full(pieces.find("@activepieces/piece-webhook").orElseThrow());
        var trigger = webhook.path("triggers").path("catch_webhook");
        assertThat(trigger.path("type").asText()).isEqualTo("WEBHOOK");
        assertThat(trigger.path("props").path("authType").path("options").path("options"))
                .hasSize(3);
        assertThat(webhook.at("/actions/return_response/props/fields/refreshers/0")
                        .asText())
                .isEqualTo("responseType");
    }

    @Test
    void the_editor_knows_actions_and_triggers_in_every_version() {
        var reply = pieces.findAction("@activepieces/piece-webhook", "0.0.1", "return_response");
        assertThat(reply.orElseThrow().properties().get("fields"))
                .isEqualTo(new PieceCatalogue.Property(PropertyType.DYNAMIC, true, false));
        assertThat(pieces.findTrigger("@activepieces/piece-webhook", "99.0.0", "catch_webhook"))
                .isPresent();
        assertThat(pieces.findTrigger("@activepieces/piece-webhook", "0.1.29", "return_response"))
                .isEmpty();
        assertThat(pieces.findAction("@activepieces/piece-none", "0.1.29", "return_response"))
                .isEmpty();
    }

    @Test
    void every_kind_of_property_is_one_that_the_editor_checks() {
        assertThat(PropertyKind.values())
                .extracting(PropertyKind::name)
                .containsExactlyInAnyOrderElementsOf(java.util.Arrays.stream(PropertyType.values())
                        .map(PropertyType::name)
                        .toList());
    }

    private ActionDefinition action(String piece, String name) {
        return java.util.Objects.requireNonNull(pieces.find(piece).orElseThrow().action(name));
    }

    private static String failure(StepResult result) {
        return ((StepResult.Failed) result).error().message();
    }

    private static ActionCall call(String input) {
        return new ActionCall(
                (ObjectNode) Json.read(input),
                "key",
                sent -> new HttpOutcome.Unanswered("no network"),
                Duration.ofSeconds(1));
    }
}
