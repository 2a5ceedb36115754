package millrace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import millrace.definition.FlowJson;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExecutionTest {

    /** Drives an execution as the server does, with calls answered by a function. */
    private static final class Driver {
        final List<JournalRecord> journal = new ArrayList<>();
        final List<String> called = new ArrayList<>();
        final List<String> doubts = new ArrayList<>();
        final List<Response> replies = new ArrayList<>();
        final List<JournalRecord.Paused> pauses = new ArrayList<>();
        /** What ends a wait; nothing wakes the run for nothing. */
        Function<JournalRecord.Paused, Optional<JournalRecord.Resumed>> wakings = pause -> Optional.of(
                new JournalRecord.Resumed(pause.path(), Json.object().put("go", "on"), null));

        Function<Command.Call, StepResult> calls = call -> new StepResult.Succeeded(inputOf(call));
        int stopAfterCalls = Integer.MAX_VALUE;

        Command.End run(ObjectNode flow, JsonNode payload) {
            while (true) {
                var program = program(flow);
                var replay = Replay.of(program);
                journal.forEach(replay::add);
                var execution = new Execution(program, payload, replay);
                var command = execution.next(new Event.Begin());
                while (!(command instanceof Command.Leave)) {
                    journal.addAll(execution.takeRecords());
                    command = execution.next(answer(command));
                }
                journal.addAll(execution.takeRecords());
                switch ((Command.Leave) command) {
                    case Command.End end -> {
                        return end;
                    }
                    case Command.Ask ask -> throw new IllegalStateException("nobody answers here: " + ask);
                    case Command.Pause pause -> {
                        pauses.add(pause.paused());
                        wakings.apply(pause.paused()).ifPresent(journal::add);
                    }
                }
            }
        }

        private Event answer(Command command) {
            return switch (command) {
                case Command.Call call -> {
                    called.add(call.path() + "#" + call.attempt());
                    if (called.size() > stopAfterCalls) {
                        throw new Crash();
                    }
                    yield new Event.Called(calls.apply(call), 1);
                }
                case Command.Evaluate ignored -> new Event.Evaluated(Map.of());
                case Command.Reply reply -> {
                    replies.add(reply.response());
                    yield new Event.Replied();
                }
                case Command.BackOff ignored -> new Event.Waited();
                case Command.InDoubt doubt -> {
                    doubts.add(doubt.path() + "#" + doubt.attempt() + " " + doubt.choice());
                    yield new Event.DoubtNoted();
                }
                case Command.FetchConnection fetch ->
                    new Event.Fetched(Json.object().put("secret_text", "s-" + fetch.externalId()), null);
                case Command.FetchVariable ignored -> new Event.Fetched(null, null);
                case Command.Leave leave -> throw new IllegalStateException("over " + leave);
            };
        }
    }

    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static JsonNode inputOf(Command.Call call) {
        return switch (call) {
            case Command.CallCode code -> code.input();
            case Command.CallPiece piece -> piece.input();
        };
    }

    private static Program program(ObjectNode trigger) {
        return Program.of(FlowJson.read(trigger), new Program.Effects() {
            @Override
            public boolean code(String source, String packageJson) {
                return source.contains("fetch");
            }

            @Override
            public boolean piece(String pieceName, String actionName) {
                return !actionName.equals("pure");
            }
        });
    }

    private static ObjectNode flow(@Nullable ObjectNode next) {
        var trigger = Json.object().put("name", "trigger").put("type", "EMPTY").put("displayName", "t");
        trigger.putObject("settings");
        return then(trigger, next);
    }

    private static ObjectNode then(ObjectNode step, @Nullable ObjectNode next) {
        if (next != null) {
            step.set("nextAction", next);
        }
        return step;
    }

    private static ObjectNode step(String type, String name, String settings) {
        return Json.object()
                .put("name", name)
                .put("displayName", name)
                .put("type", type)
                .put("valid", true)
                .set("settings", Json.read(settings));
    }

    /** A code step; single quotes in the input stand for double ones. */
    private static ObjectNode code(String name, String source, String input, String handling) {
        var code = step("CODE", name, "{\"input\": " + input.replace('`', '"') + "}");
        var settings = (ObjectNode) code.get("settings");
        settings.putObject("sourceCode").put("code", source).put("packageJson", "{}");
        settings.putObject("errorHandlingOptions").putObject(handling).put("value", true);
        return code;
    }

    private static ObjectNode loop(String name, String items, @Nullable ObjectNode first) {
        var loop = step("LOOP_ON_ITEMS", name, Json.text(Json.object().put("items", items)));
        if (first != null) {
            loop.set("firstLoopAction", first);
        }
        return loop;
    }

    private static ObjectNode piece(String name, String action, String input, String handling) {
        var piece = step("PIECE", name, "{\"input\": " + input.replace('`', '"') + "}");
        var settings = (ObjectNode) piece.get("settings");
        settings.put("pieceName", "waiting").put("pieceVersion", "1.0.0").put("actionName", action);
        settings.putObject("errorHandlingOptions").putObject(handling).put("value", true);
        return piece;
    }

    /** A piece's action that waits in its first call and answers with its input and what came. */
    private static StepResult waiting(Command.Call call) {
        if (!(call instanceof Command.CallPiece piece)) {
            return new StepResult.Succeeded(inputOf(call));
        }
        var resumed = piece.resumed();
        if (resumed == null) {
            return new StepResult.Paused("w-" + call.path(), null, Json.object().put("waits", true), null, List.of());
        }
        var output = piece.input().deepCopy();
        output.set("came", resumed.payload());
        return new StepResult.Succeeded(output);
    }

    private static JsonNode steps(Driver driver) {
        return RunLog.steps(driver.journal, 2048);
    }

    @Test
    void steps_run_in_order_and_see_earlier_outputs() {
        var driver = new Driver();

        var end = driver.run(
                flow(then(
                        code("a", "", "{`n`: `{{trigger['output'].n}}`}", "none"),
                        code("b", "", "{`m`: `{{a['output'].n}}`}", "none"))),
                Json.read("{\"n\": 5}"));

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(end.stepsCount()).isEqualTo(2);
        assertThat(driver.called).containsExactly("a#1", "b#1");
        assertThat(steps(driver).at("/b/output/m")).isEqualTo(IntNode.valueOf(5));
    }

    @Test
    void a_loop_runs_its_body_for_each_item_and_the_log_nests_the_iterations() {
        var driver = new Driver();

        var end = driver.run(
                flow(loop(
                        "loop",
                        "{{trigger['output'].list}}",
                        code("each", "", "{`v`: `{{loop['output'].item}}`}", "none"))),
                Json.read("{\"list\": [7, 8]}"));

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.called).containsExactly("loop[0]/each#1", "loop[1]/each#1");
        var output = steps(driver).at("/loop/output");
        assertThat(output.at("/iterations/1/each/output/v").intValue()).isEqualTo(8);
        assertThat(output.path("index").intValue()).isEqualTo(2);
        assertThat(output.path("item").intValue()).isEqualTo(8);
    }

    @Test
    void a_loop_with_an_empty_body_still_counts_its_iterations() {
        var driver = new Driver();

        driver.run(flow(loop("loop", "{{trigger['output']}}", null)), Json.read("[1, 2, 3]"));

        assertThat(steps(driver).at("/loop/output/iterations")).hasSize(3);
    }

    @Test
    void iterations_are_kept_for_an_expression_that_looks_at_them() {
        var driver = new Driver();

        driver.run(
                flow(then(
                        loop(
                                "loop",
                                "{{trigger['output']}}",
                                code("each", "", "{`v`: `{{loop['output'].item}}`}", "none")),
                        code("sum", "", "{`all`: `{{loop['output'].iterations}}`}", "none"))),
                Json.read("[4, 5]"));

        assertThat(steps(driver).at("/sum/output/all/1/each/output/v").intValue())
                .isEqualTo(5);
    }

    @Test
    void a_loop_without_a_list_fails_the_run_and_names_the_loop() {
        var end = new Driver().run(flow(loop("loop", "just text", null)), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.FAILED);
        assertThat(end.failedStep()).extracting(FailedStep::name).isEqualTo("loop");
    }

    @Test
    void a_failed_step_ends_the_run() {
        var driver = new Driver();
        driver.calls = call -> new StepResult.Failed(StepError.of("boom"));

        var end = driver.run(flow(code("a", "", "{}", "none")), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.FAILED);
        assertThat(end.failedStep()).isEqualTo(new FailedStep("a", "a", "boom"));
    }

    @Test
    void a_run_goes_on_after_a_failed_step_that_continues() {
        var driver = new Driver();
        driver.calls = call -> call.path().equals("a")
                ? new StepResult.Failed(StepError.of("boom"))
                : new StepResult.Succeeded(inputOf(call));

        var end = driver.run(
                flow(then(
                        code("a", "", "{}", "continueOnFailure"),
                        code("b", "", "{`why`: `{{a['error'].message}}`}", "none"))),
                Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(steps(driver).at("/b/output/why").textValue()).isEqualTo("boom");
        assertThat(steps(driver).at("/a/status").textValue()).isEqualTo("FAILED");
    }

    @Test
    void a_step_is_tried_four_times_when_it_retries() {
        var driver = new Driver();
        driver.calls = call -> call.attempt() < 4
                ? new StepResult.Failed(StepError.of("not yet"))
                : new StepResult.Succeeded(Json.object());

        var end = driver.run(flow(code("a", "", "{}", "retryOnFailure")), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.called).containsExactly("a#1", "a#2", "a#3", "a#4");
    }

    @Test
    void a_router_runs_the_first_branch_that_holds() {
        var router = step("ROUTER", "choose", """
                {"executionType": "EXECUTE_FIRST_MATCH", "branches": [
                  {"branchName": "no", "branchType": "CONDITION", "conditions": [[
                    {"operator": "TEXT_EXACTLY_MATCHES", "firstValue": "{{trigger['output'].x}}", "secondValue": "b"}]]},
                  {"branchName": "yes", "branchType": "CONDITION", "conditions": [[
                    {"operator": "TEXT_EXACTLY_MATCHES", "firstValue": "{{trigger['output'].x}}", "secondValue": "a"}]]},
                  {"branchName": "else", "branchType": "FALLBACK"}]}
                """);
        router.putArray("children")
                .add(code("first", "", "{}", "none"))
                .add(code("second", "", "{}", "none"))
                .add(code("third", "", "{}", "none"));
        var driver = new Driver();

        driver.run(flow(then(router, code("after", "", "{}", "none"))), Json.read("{\"x\": \"a\"}"));

        assertThat(driver.called).containsExactly("second#1", "after#1");
        assertThat(steps(driver).at("/choose/output/branches/2/evaluation").booleanValue())
                .isFalse();
    }

    @Test
    void a_stop_ends_the_run_with_the_response_in_its_end() {
        var driver = new Driver();
        var response = new Response(201, Map.of(), Json.object());
        driver.calls = call -> new StepResult.Succeeded(Json.object(), response, true);

        var end = driver.run(flow(then(code("a", "", "{}", "none"), code("b", "", "{}", "none"))), Json.object());

        assertThat(end.response()).isEqualTo(response);
        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.called).containsExactly("a#1");
    }

    @Test
    void connection_values_reach_the_call_and_never_the_journal() {
        var driver = new Driver();
        var seen = new ArrayList<JsonNode>();
        driver.calls = call -> {
            seen.add(inputOf(call));
            return new StepResult.Succeeded(Json.object());
        };

        driver.run(
                flow(code("a", "fetch", "{`key`: `{{connections['c'].secret_text}}`, `n`: 1}", "none")), Json.object());

        assertThat(seen).containsExactly(Json.read("{\"key\": \"s-c\", \"n\": 1}"));
        assertThat(driver.journal.toString()).doesNotContain("s-c").contains("**REDACTED**");
    }

    @Test
    void an_effect_is_preceded_by_its_intent() {
        var driver = new Driver();
        driver.stopAfterCalls = 0;

        try {
            driver.run(flow(code("a", "fetch", "{`x`: 1}", "none")), Json.object());
        } catch (Crash expected) {
            driver.called.clear();
        }

        assertThat(driver.journal).containsExactly(new JournalRecord.Intent("a", 1, Json.read("{\"x\": 1}")));
        assertThat(Replay.of(driver.journal).inDoubt()).isEqualTo("a");
    }

    @Test
    void a_call_in_doubt_is_told_before_it_is_made_again() {
        var driver = crashedInACall("RETRY");

        var end = driver.run(doubtful("RETRY"), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.doubts).containsExactly("a#1 RETRY");
        assertThat(driver.called).containsExactly("a#1", "a#1");
        assertThat(driver.journal.stream().filter(JournalRecord.Intent.class::isInstance))
                .hasSize(1);
    }

    @Test
    void a_call_in_doubt_fails_its_step_when_the_flow_says_so() {
        var driver = crashedInACall("FAIL");

        var end = driver.run(doubtful("FAIL"), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.FAILED);
        assertThat(Objects.requireNonNull(end.failedStep()).name()).isEqualTo("a");
        assertThat(driver.called).containsExactly("a#1");
        assertThat(steps(driver).at("/a/input/x").intValue()).isEqualTo(1);
    }

    @Test
    void a_call_in_doubt_waits_for_an_answer_when_the_flow_says_so() {
        var driver = crashedInACall("ASK");
        var execution = new Execution(program(doubtful("ASK")), Json.object(), Replay.of(driver.journal));

        var command = execution.next(new Event.Begin());

        assertThat(command).isEqualTo(new Command.Ask("a", 1, "CODE"));
        assertThat(execution.takeRecords()).isEmpty();
    }

    private static ObjectNode doubtful(String choice) {
        var step = code("a", "fetch", "{`x`: 1}", "none");
        ((ObjectNode) step.get("settings")).put("onInDoubt", choice);
        return flow(step);
    }

    private static Driver crashedInACall(String choice) {
        var driver = new Driver();
        driver.stopAfterCalls = 0;
        try {
            driver.run(doubtful(choice), Json.object());
        } catch (Crash expected) {
            driver.stopAfterCalls = Integer.MAX_VALUE;
        }
        return driver;
    }

    @Test
    void a_paused_step_is_called_again_with_what_came_and_its_first_input() {
        var driver = new Driver();
        driver.calls = ExecutionTest::waiting;

        var end = driver.run(
                flow(then(
                        piece("a", "pure", "{`n`: `{{trigger['output'].n}}`}", "none"),
                        code("b", "", "{`m`: `{{a['output'].came.go}}`}", "none"))),
                Json.read("{\"n\": 5}"));

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(end.stepsCount()).isEqualTo(2);
        assertThat(driver.called).containsExactly("a#1", "a#1", "b#1");
        assertThat(steps(driver).at("/a/output")).isEqualTo(Json.read("{\"n\": 5, \"came\": {\"go\": \"on\"}}"));
        assertThat(steps(driver).at("/b/output/m").textValue()).isEqualTo("on");
    }

    @Test
    void the_log_shows_a_step_that_waits() {
        var driver = new Driver();
        driver.calls = ExecutionTest::waiting;
        driver.wakings = pause -> {
            throw new Crash();
        };

        assertThatThrownBy(() -> driver.run(flow(piece("a", "pure", "{`n`: 1}", "none")), Json.object()))
                .isInstanceOf(Crash.class);

        assertThat(steps(driver).path("a").toString())
                .isEqualTo("{\"type\":\"PIECE\",\"status\":\"PAUSED\",\"input\":{\"n\":1},\"output\":{\"waits\":true},"
                        + "\"duration\":1}");
        assertThat(Replay.of(driver.journal).inDoubt()).isNull();
    }

    @Test
    void a_run_woken_for_nothing_waits_on_without_calling_the_step() {
        var driver = new Driver();
        driver.calls = ExecutionTest::waiting;
        driver.wakings = pause -> driver.pauses.size() < 3
                ? Optional.empty()
                : Optional.of(new JournalRecord.Resumed(pause.path(), null, null));

        driver.run(flow(piece("a", "effectful", "{`n`: 1}", "none")), Json.object());

        assertThat(driver.pauses).hasSize(3);
        assertThat(driver.called).containsExactly("a#1", "a#1");
        assertThat(steps(driver).at("/a/output/n").intValue()).isEqualTo(1);
    }

    @Test
    void a_wait_that_took_too_long_fails_its_step() {
        var driver = new Driver();
        driver.calls = ExecutionTest::waiting;
        driver.wakings = pause -> Optional.of(new JournalRecord.Resumed(pause.path(), null, StepError.of("too long")));

        var end = driver.run(flow(piece("a", "pure", "{}", "none")), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.FAILED);
        assertThat(end.failedStep()).isEqualTo(new FailedStep("a", "a", "too long"));
        assertThat(driver.called).containsExactly("a#1");
    }

    @Test
    void a_retry_after_a_failed_resumption_begins_anew() {
        var driver = new Driver();
        driver.calls = call -> ((Command.CallPiece) call).resumed() == null || driver.called.size() > 2
                ? waiting(call)
                : new StepResult.Failed(StepError.of("not yet"));

        var end = driver.run(flow(piece("a", "effectful", "{}", "retryOnFailure")), Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.called).containsExactly("a#1", "a#1", "a#2", "a#2");
    }

    @Test
    void connection_values_are_fetched_again_for_the_resumed_call() {
        var driver = new Driver();
        var seen = new ArrayList<JsonNode>();
        driver.calls = call -> {
            seen.add(inputOf(call));
            return waiting(call);
        };

        driver.run(
                flow(piece("a", "pure", "{`key`: `{{connections['c'].secret_text}}`, `n`: 1}", "none")), Json.object());

        assertThat(seen)
                .containsExactly(Json.read("{\"key\": \"s-c\", \"n\": 1}"), Json.read("{\"key\": \"s-c\", \"n\": 1}"));
        assertThat(driver.pauses.toString()).doesNotContain("s-c").contains("**REDACTED**");
    }

    /** Rules 1, 3 and 5, with a step in a loop that pauses each time. */
    @Property(tries = 60)
    void a_crash_anywhere_repeats_no_finished_step_of_a_run_that_pauses(
            @ForAll @IntRange(max = 14) int crashAt, @ForAll boolean effectful) {
        var body = then(
                piece("each", effectful ? "effectful" : "pure", "{`v`: `{{loop['output'].item}}`}", "none"),
                code("after", "fetch", "{`v`: `{{each['output'].came.go}}`}", "none"));
        var document = flow(then(
                loop("loop", "{{trigger['output'].list}}", body),
                code("last", "fetch", "{`i`: `{{loop['output'].index}}`}", "none")));
        var payload = Json.read("{\"list\": [1, 2, 3]}");
        var whole = new Driver();
        whole.calls = ExecutionTest::waiting;
        whole.run(document, payload);

        var crashed = new Driver();
        crashed.calls = ExecutionTest::waiting;
        crashed.stopAfterCalls = crashAt;
        try {
            crashed.run(document, payload);
        } catch (Crash expected) {
            crashed.journal.replaceAll(ExecutionTest::throughTheCodec);
            crashed.stopAfterCalls = Integer.MAX_VALUE;
            crashed.run(document, payload);
        }

        assertThat(steps(crashed)).isEqualTo(steps(whole));
        assertThat(crashed.called.size() - whole.called.size()).isLessThanOrEqualTo(1);
        assertThat(crashed.pauses).isEqualTo(whole.pauses);
    }

    /** Rules 1 and 3: wherever the process dies, finished steps are not called again and the log comes out the same. */
    @Property(tries = 60)
    void a_crash_anywhere_repeats_no_finished_step(@ForAll @IntRange(max = 8) int crashAt) {
        var body = then(
                code("each", "fetch", "{`v`: `{{loop['output'].item}}`}", "none"),
                code("after", "", "{`v`: `{{each['output'].v}}`}", "none"));
        var document = flow(then(
                loop("loop", "{{trigger['output'].list}}", body),
                code("last", "fetch", "{`i`: `{{loop['output'].index}}`}", "none")));
        var payload = Json.read("{\"list\": [1, 2, 3]}");
        var whole = new Driver();
        whole.run(document, payload);

        var crashed = new Driver();
        crashed.stopAfterCalls = crashAt;
        try {
            crashed.run(document, payload);
        } catch (Crash expected) {
            crashed.journal.replaceAll(ExecutionTest::throughTheCodec);
            crashed.stopAfterCalls = Integer.MAX_VALUE;
            crashed.run(document, payload);
        }

        assertThat(steps(crashed)).isEqualTo(steps(whole));
        var times = new HashMap<String, Integer>();
        crashed.called.forEach(path -> times.merge(path, 1, Integer::sum));
        assertThat(times.values().stream().filter(n -> n > 1).count()).isLessThanOrEqualTo(1);
    }

    @Test
    void a_record_may_be_deeper_than_what_comes_in() {
        var deepest = Json.read("[".repeat(Json.MAX_DEPTH) + "]".repeat(Json.MAX_DEPTH));
        var wrapped = Json.object().set("body", deepest);
        var record = new JournalRecord.Finished("a", "CODE", StepStatus.SUCCEEDED, wrapped, wrapped, null, 1);

        assertThat(throughTheCodec(record)).isEqualTo(record);
    }

    private static JournalRecord throughTheCodec(JournalRecord record) {
        var out = new ByteArrayOutputStream();
        RecordCodec.write(out, record, false);
        return RecordCodec.read(out.toByteArray(), path -> Json.object()).getFirst();
    }

    @Test
    void a_retried_run_repeats_what_failed_as_a_new_attempt_and_nothing_else() {
        var driver = new Driver();
        var flow = flow(then(
                code("a", "fetch", "{}", "none"), then(code("b", "fetch", "{}", "none"), code("c", "", "{}", "none"))));
        driver.calls = call -> call.path().equals("b")
                ? new StepResult.Failed(StepError.of("no"))
                : new StepResult.Succeeded(inputOf(call));
        assertThat(driver.run(flow, Json.object()).status()).isEqualTo(RunStatus.FAILED);

        driver.journal.add(new JournalRecord.Retried(0));
        assertThat(steps(driver).has("a")).isTrue();
        assertThat(steps(driver).has("b")).isFalse();
        driver.calls = call -> new StepResult.Succeeded(inputOf(call));
        var end = driver.run(flow, Json.object());

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(end.stepsCount()).isEqualTo(3);
        assertThat(driver.called).containsExactly("a#1", "b#1", "b#2", "c#1");
        assertThat(steps(driver).at("/b/status").asText()).isEqualTo("SUCCEEDED");
    }

    @Test
    void a_retry_gives_a_step_all_its_attempts_again_under_new_numbers() {
        var driver = new Driver();
        var flow = flow(code("a", "fetch", "{}", "retryOnFailure"));
        driver.calls = call -> new StepResult.Failed(StepError.of("no"));
        driver.run(flow, Json.object());
        driver.journal.add(new JournalRecord.Retried(0));
        driver.run(flow, Json.object());
        driver.journal.add(new JournalRecord.Retried(1));
        driver.stopAfterCalls = 9;

        assertThatThrownBy(() -> driver.run(flow, Json.object())).isInstanceOf(Crash.class);
        driver.stopAfterCalls = Integer.MAX_VALUE;
        driver.run(flow, Json.object());

        assertThat(driver.called)
                .containsExactly(
                        "a#1", "a#2", "a#3", "a#4", "a#5", "a#6", "a#7", "a#8", "a#9", "a#10", "a#10", "a#11", "a#12");
    }

    @Test
    void a_retry_goes_on_inside_a_loop_and_repeats_steps_after_whose_failure_the_run_went_on() {
        var driver = new Driver();
        var body = then(
                code("ok", "fetch", "{`i`: `{{each['output'].item}}`}", "none"),
                code("x", "fetch", "{}", "continueOnFailure"));
        var flow = flow(then(loop("each", "{{trigger['output'].list}}", body), code("end", "", "{}", "none")));
        var failing = new ArrayList<>(List.of("each[0]/x", "end"));
        driver.calls = call -> failing.contains(call.path())
                ? new StepResult.Failed(StepError.of("no"))
                : new StepResult.Succeeded(inputOf(call));
        driver.run(flow, Json.read("{\"list\": [1, 2]}"));
        driver.called.clear();
        failing.clear();

        driver.journal.add(new JournalRecord.Retried(0));
        var end = driver.run(flow, Json.read("{\"list\": [1, 2]}"));

        assertThat(end.status()).isEqualTo(RunStatus.SUCCEEDED);
        assertThat(driver.called).containsExactly("each[0]/x#2", "end#2");
        assertThat(steps(driver).at("/each/output/iterations/0/x/status").asText())
                .isEqualTo("SUCCEEDED");
    }

    @Test
    void a_cancel_fails_the_step_that_runs_and_ends_the_run() {
        var execution = new Execution(
                program(flow(then(code("a", "fetch", "{}", "continueOnFailure"), code("b", "", "{}", "none")))),
                Json.object(),
                Replay.none());
        var records = new ArrayList<JournalRecord>();
        assertThat(execution.next(new Event.Begin())).isInstanceOf(Command.CallCode.class);
        records.addAll(execution.takeRecords());

        var end = (Command.End) execution.next(new Event.Canceled(StepError.of("stopped in a"), 7));
        records.addAll(execution.takeRecords());

        assertThat(end.status()).isEqualTo(RunStatus.CANCELED);
        assertThat(end.failedStep()).isEqualTo(new FailedStep("a", "a", "stopped in a"));
        var log = RunLog.steps(records, 2048);
        assertThat(log.at("/a/status").asText()).isEqualTo("FAILED");
        assertThat(log.at("/a/duration").asInt()).isEqualTo(7);
        assertThat(log.has("b")).isFalse();
    }

    @Test
    void a_record_of_a_retry_is_read_as_it_was_written() {
        var out = new ByteArrayOutputStream();
        RecordCodec.write(out, new JournalRecord.Retried(1_700_000_000_123L), false);

        assertThat(RecordCodec.read(out.toByteArray(), path -> Json.object()))
                .containsExactly(new JournalRecord.Retried(1_700_000_000_123L));
    }

    // ---- back-off, given inputs, steps tested alone

    private static final ObjectNode RETRIED_STEP = flow(code("a", "fetch", "{}", "retryOnFailure"));

    private static Command afterFailing(JournalRecord... more) {
        var journal = new ArrayList<JournalRecord>(List.of(
                new JournalRecord.Intent("a", 1, Json.object()),
                new JournalRecord.Attempted("a", 1, StepError.of("no"))));
        journal.addAll(List.of(more));
        return new Execution(program(RETRIED_STEP), Json.object(), Replay.of(journal)).next(new Event.Begin());
    }

    @Test
    void a_back_off_that_was_cut_by_a_crash_is_waited_out() {
        var until = new JournalRecord.BackingOff("a", 2, 1_700_000_000_000L);

        assertThat(afterFailing(until))
                .isEqualTo(
                        new Command.BackOff("a", 2, Duration.ofSeconds(4), Instant.ofEpochMilli(1_700_000_000_000L)));
        assertThat(afterFailing()).isEqualTo(new Command.BackOff("a", 2, Duration.ofSeconds(4), null));
        assertThat(afterFailing(until, new JournalRecord.Intent("a", 2, Json.object())))
                .isInstanceOf(Command.InDoubt.class);
    }

    @Test
    void back_offs_become_longer_and_a_step_without_retry_has_none() {
        var waits = new ArrayList<Long>();
        var execution = new Execution(program(RETRIED_STEP), Json.object(), Replay.none());
        var command = execution.next(new Event.Begin());
        while (!(command instanceof Command.End)) {
            if (command instanceof Command.BackOff backOff) {
                waits.add(backOff.delay().toSeconds());
                command = execution.next(new Event.Waited());
            } else {
                command = execution.next(new Event.Called(new StepResult.Failed(StepError.of("no")), 1));
            }
        }

        assertThat(waits).containsExactly(4L, 8L, 16L);
    }

    @Test
    void a_given_input_takes_the_place_of_the_evaluated_one_and_keeps_its_secrets() {
        var driver = new Driver();
        driver.journal.add(new JournalRecord.Given(
                "a", (ObjectNode) Json.read("{\"n\": 5, \"key\": \"**REDACTED**\", \"new\": [1]}")));
        var seen = new ArrayList<JsonNode>();
        driver.calls = call -> {
            seen.add(inputOf(call));
            return new StepResult.Succeeded(Json.object());
        };

        driver.run(flow(code("a", "fetch", "{`n`: 1, `key`: `{{connections['c']}}`}", "none")), Json.object());

        assertThat(seen).containsExactly(Json.read("{\"n\": 5, \"key\": {\"secret_text\": \"s-c\"}, \"new\": [1]}"));
        assertThat(steps(driver).at("/a/input/key").asText()).isEqualTo("**REDACTED**");
        assertThat(steps(driver).at("/a/input/n").asInt()).isEqualTo(5);
    }

    @Test
    void the_first_record_keeps_where_the_run_comes_from() {
        var origin = new RunOrigin(
                List.of("f1", "f2"),
                "r",
                new RunOrigin.StepTest("a", Json.object().put("b", 1)));
        var began =
                new JournalRecord.Began("v", RunEnvironment.TESTING, "UTC", Json.object(), Json.object(), null, origin);
        var records = List.of(
                began,
                new JournalRecord.BackingOff("a", 2, 5),
                new JournalRecord.Given("a", Json.object().put("n", 1)));
        var out = new ByteArrayOutputStream();
        records.forEach(record -> RecordCodec.write(out, record, false));

        assertThat(RecordCodec.read(out.toByteArray(), path -> Json.object())).isEqualTo(records);
    }

    @Test
    void trees_are_written_however_deep_they_are() {
        var text = new StringBuilder();
        for (var i = 0; i < 4_000; i++) {
            text.append("{\"a\":[1.50,null,\"é\",");
        }
        text.append("{}");
        text.append("]}".repeat(4_000));

        assertThat(new String(Json.bytes(Json.readStored(text.toString().getBytes(UTF_8))), UTF_8))
                .isEqualTo(text.toString());
        var out = new ByteArrayOutputStream();
        RecordCodec.write(
                out,
                new JournalRecord.Given(
                        "a", (ObjectNode) Json.readStored(text.toString().getBytes(UTF_8))),
                false);
        assertThat(out.toString(UTF_8)).isEqualTo("[\"G\",\"a\"," + text + "]");
    }
}
