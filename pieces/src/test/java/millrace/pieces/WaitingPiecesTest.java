package millrace.pieces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import millrace.engine.Effect;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.Resumption;
import millrace.engine.RunEnvironment;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.StepRun;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pieces that pause runs, start them and answer them. */
class WaitingPiecesTest {
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    private final NativePieces pieces = new NativePieces(() -> Long.MIN_VALUE);
    private final List<HttpCall> sent = new ArrayList<>();

    /** A run as the server shows it, with ids that can be foreseen. */
    private record Run(@Nullable Resumption resumed, JsonNode triggerOutput) implements StepRun {
        @Override
        public boolean stepTest() {
            return false;
        }

        @Override
        public String id() {
            return "run";
        }

        @Override
        public String flowId() {
            return "flow";
        }

        @Override
        public @Nullable JsonNode entry(String key) {
            return null;
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            return null;
        }

        @Override
        public ProjectTables tables() {
            throw new IllegalStateException("no action here looks at tables");
        }

        @Override
        public Instant now() {
            return NOW;
        }

        @Override
        public Waitpoint newWaitpoint() {
            return new Waitpoint("wp", "https://m.test/waitpoints/wp", "https://m.test/requests/wp");
        }

        @Override
        public String secret() {
            return "secret";
        }

        @Override
        public Effect.StartRun startFlow(String externalId, JsonNode payload, @Nullable String waitpointId) {
            var began =
                    new JournalRecord.Began(externalId, RunEnvironment.PRODUCTION, "UTC", payload, Json.object(), null);
            return new Effect.StartRun("child", NOW, externalId, began, waitpointId);
        }

        @Override
        public Effect.@Nullable CompleteWaitpoint answer(String url, JsonNode body) {
            return url.startsWith("https://m.test/") ? new Effect.CompleteWaitpoint("run", "wp", body) : null;
        }
    }

    private StepResult call(String piece, String action, String input, @Nullable String resumed, String trigger) {
        var run = new Run(resumed == null ? null : new Resumption(json(resumed)), json(trigger));
        return Objects.requireNonNull(pieces.find("@activepieces/piece-" + piece)
                        .orElseThrow()
                        .action(action))
                .run(new ActionCall(
                        (ObjectNode) json(input),
                        "key",
                        request -> {
                            sent.add(request);
                            return new HttpOutcome.Answered(200, List.of(), new byte[0]);
                        },
                        Duration.ofSeconds(5),
                        run));
    }

    private StepResult first(String piece, String action, String input) {
        return call(piece, action, input, null, "{}");
    }

    private static JsonNode json(String text) {
        return Json.read(text.replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "delayFor    | {'unit':'seconds','delayFor':11}                 | 2026-03-01T10:00:11Z",
                "delayFor    | {'unit':'minutes','delayFor':'1.5'}              | 2026-03-01T10:01:30Z",
                "delayFor    | {'unit':'hours','delayFor':1}                    | 2026-03-01T11:00:00Z",
                "delayFor    | {'unit':'days','delayFor':2}                     | 2026-03-03T10:00:00Z",
                "delay_until | {'delayUntilTimestamp':'2026-03-01T10:01:01Z'}   | 2026-03-01T10:01:01Z",
                "delay_until | {'delayUntilTimestamp':'2026-04-01T12:00+02:00'} | 2026-04-01T10:00:00Z",
            })
    void a_long_delay_pauses_until_its_end(String action, String input, Instant until) {
        assertThat(first("delay", action, input)).isEqualTo(new StepResult.Paused("wp", until, null, null, List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "delayFor    | {'unit':'seconds','delayFor':0}                | {'delayForInMs':0,'success':true}",
                "delayFor    | {'unit':'seconds','delayFor':0.001}            | {'delayForInMs':1,'success':true}",
                "delay_until | {'delayUntilTimestamp':'2026-03-01T09:00:00Z'} | {'delayTill':'2026-03-01T09:00:00.000Z','success':true}",
            })
    void a_delay_that_is_over_or_short_does_not_pause(String action, String input, String output) {
        assertThat(first("delay", action, input)).isEqualTo(new StepResult.Succeeded(json(output)));
    }

    @Test
    void a_delay_succeeds_when_its_time_has_come() {
        var run = new Run(new Resumption(null), Json.object());
        var delay = Objects.requireNonNull(
                pieces.find("@activepieces/piece-delay").orElseThrow().action("delayFor"));

        var result = delay.run(new ActionCall(
                (ObjectNode) json("{'unit':'days','delayFor':3}"),
                "key",
                request -> new HttpOutcome.Unanswered("no network"),
                Duration.ofSeconds(5),
                run));

        assertThat(result).isEqualTo(new StepResult.Succeeded(json("{'delayForInMs':259200000,'success':true}")));
    }

    @Test
    void a_delay_is_not_negative() {
        assertThat(failure(first("delay", "delayFor", "{'unit':'days','delayFor':-1}")))
                .contains("negative");
    }

    @Test
    void approval_links_reach_whichever_step_waits() {
        assertThat(first("approval", "create_approval_links", "{}"))
                .isEqualTo(new StepResult.Succeeded(
                        json("{'approvalLink':'https://m.test/requests/wp?action=approve',"
                                + "'disapprovalLink':'https://m.test/requests/wp?action=disapprove'}"),
                        null,
                        false,
                        List.of(new Effect.OpenWaitpoint("wp", List.of(), 1))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'queryParams':{'action':'approve'}}    | true",
                "{'queryParams':{'action':'disapprove'}} | false",
                "{'queryParams':{}}                      | false",
            })
    void an_approval_is_what_its_link_says(String payload, boolean approved) {
        assertThat(call("approval", "wait_for_approval", "{}", payload, "{}"))
                .isEqualTo(new StepResult.Succeeded(Json.object().put("approved", approved)));
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "101, 1", "3, 4", "3, 0", "2.5, 1"})
    void no_more_answers_are_needed_than_there_are_links(String links, String needed) {
        assertThat(failure(first("approval", "create_links", "{'links':" + links + ",'needed':" + needed + "}")))
                .contains("must be a whole number");
    }

    @Test
    void a_called_flow_starts_with_the_pause_of_the_step_that_waits() {
        var paused = (StepResult.Paused) first(
                "subflows",
                "callFlow",
                "{'flowId':'f','mode':'simple','waitForResponse':true,'flowProps':{'payload':{'n':1}}}");

        var start = (Effect.StartRun) paused.effects().getFirst();
        assertThat(start.waitpointId()).isEqualTo(paused.waitpointId()).isEqualTo("wp");
        assertThat(start.began().payload())
                .isEqualTo(json("{'data':{'n':1},'callbackUrl':'https://m.test/waitpoints/wp'}"));
    }

    @Test
    void a_called_flow_that_failed_fails_the_step() {
        var result = call(
                "subflows",
                "callFlow",
                "{'flowId':'f','mode':'simple','flowProps':{'payload':{}}}",
                "{'body':{'status':'error','data':{'message':'broken'}}}",
                "{}");

        assertThat(failure(result)).isEqualTo("broken");
    }

    @Test
    void an_answer_to_a_run_of_ours_is_not_sent() {
        var input = "{'mode':'advanced','response':{'response':[1]}}";

        var ours = call("subflows", "returnResponse", input, null, "{'callbackUrl':'https://m.test/waitpoints/wp'}");
        assertThat(((StepResult.Succeeded) ours).effects())
                .containsExactly(new Effect.CompleteWaitpoint("run", "wp", json("{'status':'success','data':[1]}")));
        assertThat(sent).isEmpty();

        var other = call("subflows", "returnResponse", input, null, "{'callbackUrl':'https://other.test/x'}");
        assertThat(((StepResult.Succeeded) other).effects()).isEmpty();
        assertThat(sent).extracting(HttpCall::url).containsExactly("https://other.test/x");

        assertThat(failure(call("subflows", "returnResponse", input, null, "{}")))
                .contains("No flow waits");
    }

    @Test
    void outside_a_run_nothing_can_wait() {
        assertThatThrownBy(StepRun.NONE::newWaitpoint).hasMessageContaining("only be used in a run");
    }

    private static String failure(StepResult result) {
        return ((StepResult.Failed) result).error().message();
    }
}
