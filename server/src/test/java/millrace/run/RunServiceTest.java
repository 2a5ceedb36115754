package millrace.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import millrace.access.Access;
import millrace.access.Principal;
import millrace.config.RunSettings;
import millrace.config.Secret;
import millrace.connection.ConnectionService;
import millrace.connection.Encryption;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.OnBothDatabases;
import millrace.database.RunFlush;
import millrace.definition.FlowJson;
import millrace.dispatch.Dispatch;
import millrace.dispatch.DispatchSettings;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.ErrorCode;
import millrace.engine.Event;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.Response;
import millrace.engine.RunEnvironment;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.http.PageRequest;
import millrace.journal.RunHeader;
import millrace.journal.Waits;
import millrace.schema.Tables;
import org.junit.jupiter.api.AfterEach;

/** Runs on a real database, from acceptance to their end, with scripted code steps; processes live and die here. */
class RunServiceTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final RunSettings SETTINGS = new RunSettings(
            16,
            Duration.ofMinutes(1),
            Duration.ofDays(1),
            Duration.ofDays(30),
            1 << 20,
            32 << 10,
            2 << 10,
            512 << 10,
            25,
            600,
            0);

    private final RandomGenerator random = new SecureRandom();
    private final Ids ids = new Ids(random);
    private final String project = ids.random();
    private final Map<String, ObjectNode> versions = new ConcurrentHashMap<>();
    private final List<String> tested = new CopyOnWriteArrayList<>();
    private final List<String> effects = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    /** A server's engine on a database. */
    private final class Process implements AutoCloseable {
        final Dispatch dispatch;
        final RunService runs;
        final RunActions actions;
        final ScriptedCalls calls = new ScriptedCalls();

        Process(Database database) {
            dispatch = new Dispatch(
                    database::runSession,
                    new DispatchSettings(2, 16, false, Duration.ofMillis(50), LONG, Duration.ofMillis(20), 0),
                    ids::random,
                    "test",
                    InstantSource.system(),
                    Waits.SYSTEM,
                    () -> {});
            runs = new RunService(
                    database,
                    new Access(new OpenProject()),
                    dispatch,
                    calls,
                    new ConnectionService(
                            database, new Encryption(new Secret("0123456789abcdef0123456789abcdef"), random)),
                    id -> Optional.ofNullable(versions.get(id)).map(FlowJson::read),
                    (run, step, input, output) -> tested.add(step + " " + input + " " + output),
                    SETTINGS,
                    InstantSource.system(),
                    ids);
            actions = new RunActions(
                    database,
                    new Access(new OpenProject()),
                    runs,
                    flowId -> Optional.empty(),
                    SETTINGS.retention(),
                    InstantSource.system(),
                    () -> {});
            open.add(this);
        }

        @Override
        public void close() {
            actions.close();
            runs.close();
            dispatch.close();
        }
    }

    /** Each code step's source is a word that says what it does. */
    private final class ScriptedCalls implements Calls {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);
        final List<Integer> attempts = new CopyOnWriteArrayList<>();

        @Override
        public Event evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
            return new Event.Evaluated(Map.of());
        }

        @Override
        public StepResult code(
                RunHeader run, JournalRecord.Began began, String contextKey, Command.CallCode call, Duration timeout) {
            if (call.step().source().endsWith("-ask")) {
                attempts.add(call.attempt());
            }
            return switch (call.step().source()) {
                case "effect" -> {
                    effects.add(call.path());
                    yield new StepResult.Succeeded(call.input());
                }
                case "reply" -> new StepResult.Succeeded(call.input(), new Response(200, Map.of(), call.input()), true);
                case "fail" -> new StepResult.Failed(StepError.of("no"));
                case "wait", "effect-wait", "effect-wait-ask" -> {
                    reached.countDown();
                    yield released(call);
                }
                case "large" -> new StepResult.Succeeded(Json.object().put("text", "x".repeat(100_000)));
                case "huge" -> {
                    var bytes = new byte[7_000_000];
                    random.nextBytes(bytes);
                    yield new StepResult.Succeeded(
                            Json.object().put("text", Base64.getEncoder().encodeToString(bytes)));
                }
                case "nul" -> new StepResult.Succeeded(Json.object().put("text", "a\0b"));
                default -> new StepResult.Succeeded(call.input());
            };
        }

        /** As the calls of a server do: an interrupt ends them. */
        private StepResult released(Command.CallCode call) {
            try {
                assertThat(released.await(30, TimeUnit.SECONDS)).isTrue();
                return new StepResult.Succeeded(call.input());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new StepResult.Failed(StepError.of("interrupted"));
            }
        }

        @Override
        public StepResult piece(
                RunHeader run,
                JournalRecord.Began began,
                Command.CallPiece call,
                String idempotencyKey,
                Duration timeout) {
            throw new IllegalStateException("no piece is used here");
        }

        @Override
        public JsonNode change(String projectId, Effect.Change change, RunFlush.Rows rows) {
            throw new IllegalStateException("no step changes anything here");
        }

        @Override
        public boolean code(String source, String packageJson) {
            return source.startsWith("effect");
        }

        @Override
        public boolean piece(String pieceName, String actionName) {
            return true;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the process ends", e);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (var one : open) {
            if (one instanceof Process process) {
                process.calls.released.countDown();
            }
        }
        for (var one : open) {
            one.close();
        }
    }

    /** A flow of code steps, given as name=source. */
    private RunStart start(JsonNode payload, String... steps) {
        ObjectNode next = null;
        for (int i = steps.length - 1; i >= 0; i--) {
            var parts = steps[i].split("=");
            var step = Json.object()
                    .put("name", parts[0])
                    .put("displayName", parts[0])
                    .put("type", "CODE")
                    .put("valid", true);
            var settings = step.putObject("settings");
            settings.putObject("sourceCode").put("code", parts[1]).put("packageJson", "{}");
            settings.putObject("input").put("value", "{{trigger['output'].n}}");
            if (parts[1].endsWith("-ask")) {
                settings.put("onInDoubt", "ASK");
            }
            if (next != null) {
                step.set("nextAction", next);
            }
            next = step;
        }
        var trigger = Json.object().put("name", "trigger").put("type", "EMPTY").put("displayName", "t");
        trigger.putObject("settings");
        trigger.set("nextAction", next);
        var versionId = ids.random();
        versions.put(versionId, trigger);
        return new RunStart(
                project, ids.random(), versionId, RunEnvironment.PRODUCTION, payload, Json.object(), null, 3);
    }

    private Principal engine() {
        return Principal.engine("e", "p", project);
    }

    private FlowRun finished(Process process, String runId) {
        var deadline = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() < deadline) {
            var run = process.runs.get(engine(), runId);
            if (RunStatus.valueOf(run.status()).terminal()) {
                return run;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("the run " + runId + " did not end");
    }

    /** Returns when the step's result is in the database, though the run goes on. */
    private void durable(Process process, String runId, String step) {
        var deadline = System.nanoTime() + LONG.toNanos();
        while (!steps(process.runs.get(engine(), runId))
                .path(step)
                .path("status")
                .asText()
                .equals("SUCCEEDED")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** The process is taken for dead, as it is for the others, and another takes its runs. */
    private Process heirOf(Process dying, Database database) {
        dying.dispatch.stopClaiming();
        try (var session = database.runSession("test")) {
            session.takeOver(Duration.ofMillis(-1), "nobody");
        }
        var heir = new Process(database);
        heir.calls.released.countDown();
        return heir;
    }

    @OnBothDatabases
    void an_accepted_run_ends_and_shows_its_steps(Database database) throws InterruptedException {
        var process = new Process(database);

        var id = process.runs.accept(start(Json.read("{\"n\": 5}"), "a=pure", "b=effect"));

        var run = finished(process, id);
        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(run.stepsCount()).isEqualTo(2);
        assertThat(steps(run).at("/trigger/output/n").intValue()).isEqualTo(5);
        assertThat(steps(run).at("/b/output/value").intValue()).isEqualTo(5);
        assertThat(effects).containsExactly("b");
    }

    @OnBothDatabases
    void a_run_is_accepted_before_it_ends_and_before_its_effect(Database database) throws InterruptedException {
        var process = new Process(database);

        var id = process.runs.accept(start(Json.object(), "a=wait", "b=effect"));

        assertThat(process.runs.get(engine(), id).status()).isNotEqualTo("SUCCEEDED");
        process.calls.released.countDown();
        assertThat(finished(process, id).status()).isEqualTo("SUCCEEDED");
    }

    @OnBothDatabases
    void a_caller_gets_the_answer_of_a_step_once_the_run_is_durable(Database database) throws InterruptedException {
        var process = new Process(database);

        var reply = process.runs.call(start(Json.read("{\"n\": 5}"), "a=reply", "b=effect"), LONG);

        assertThat(reply).isEqualTo(new Reply.Answered(new Response(200, Map.of(), Json.read("{\"value\": 5}"))));
        var page = process.runs.page(engine(), filter(), new PageRequest(10, null));
        assertThat(page.data()).extracting(FlowRun::status).containsExactly("SUCCEEDED");
        assertThat(effects).isEmpty();
    }

    @OnBothDatabases
    void a_caller_learns_that_the_run_failed(Database database) throws InterruptedException {
        var process = new Process(database);

        var reply = process.runs.call(start(Json.object(), "a=fail"), LONG);

        assertThat(reply).isEqualTo(new Reply.Ended(RunStatus.FAILED));
        var run = process.runs
                .page(engine(), filter(), new PageRequest(10, null))
                .data()
                .getFirst();
        assertThat(Objects.requireNonNull(run.failedStep()).path("name").textValue())
                .isEqualTo("a");
    }

    @OnBothDatabases
    void a_caller_that_waits_too_long_is_told_so_and_the_run_goes_on(Database database) throws InterruptedException {
        var process = new Process(database);

        var reply = process.runs.call(start(Json.object(), "a=wait"), Duration.ofMillis(50));

        assertThat(reply).isEqualTo(new Reply.TimedOut());
        process.calls.released.countDown();
        var id = process.runs
                .page(engine(), filter(), new PageRequest(10, null))
                .data()
                .getFirst()
                .id();
        assertThat(finished(process, id).status()).isEqualTo("SUCCEEDED");
    }

    @OnBothDatabases
    void a_large_output_and_a_nul_are_stored_and_read_back(Database database) throws InterruptedException {
        var process = new Process(database);

        var id = process.runs.accept(start(Json.object(), "a=large", "b=nul"));

        var run = finished(process, id);
        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(steps(run).at("/a/output/text").textValue()).hasSize(100_000);
        assertThat(steps(run).at("/b/output/text").textValue()).isEqualTo("a\0b");
    }

    @OnBothDatabases
    void a_huge_output_is_stored_in_parts_which_count_and_ends_its_page_of_the_log(Database database)
            throws InterruptedException {
        var process = new Process(database);

        var id = process.runs.accept(start(Json.object(), "a=x", "b=huge", "c=x"));

        var run = finished(process, id);
        var output = steps(run).at("/b/output");
        assertThat(output.path("text").textValue()).hasSizeGreaterThan(9_000_000);
        List<byte[]> parts = database.read(tx -> tx.sql().fetchValues(Tables.RUN_BLOB.DATA));
        assertThat(parts).hasSizeGreaterThan(5).allMatch(part -> part.length <= 1024 * 1024);
        var first = process.runs.steps(engine(), id, new PageRequest(4, null));
        var second = process.runs.steps(engine(), id, Objects.requireNonNull(first.following(4)));
        assertThat(first.data()).extracting(ExecutedStep::path).containsExactly("trigger", "a", "b");
        assertThat(first.data().getLast().output()).isEqualTo(output);
        assertThat(second.data()).extracting(ExecutedStep::path).containsExactly("c");
        assertThat(second.next()).isNull();
        assertThat(run.status()).isEqualTo("LOG_SIZE_EXCEEDED");
    }

    @OnBothDatabases
    void a_run_goes_on_in_another_process_and_no_finished_effect_is_repeated(Database database)
            throws InterruptedException {
        var dying = new Process(database);
        var id = dying.runs.accept(start(Json.read("{\"n\": 1}"), "a=effect", "b=wait", "c=effect"));
        await(dying.calls.reached);

        durable(dying, id, "a");
        var heir = heirOf(dying, database);

        var run = finished(heir, id);
        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(effects).containsExactly("a", "c");
        dying.calls.released.countDown();
    }

    private static void askCancel(Database database, String runId) {
        database.transact(tx -> new RunLifeStore().askCancel(tx, runId));
    }

    @OnBothDatabases
    void a_process_cancels_its_run_though_another_was_asked(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(Json.object(), "a=effect", "b=wait", "c=effect"));
        await(process.calls.reached);

        askCancel(database, id);

        var run = finished(process, id);
        assertThat(run.status()).isEqualTo("CANCELED");
        assertThat(Objects.requireNonNull(run.failedStep()).path("name").asText())
                .isEqualTo("b");
        assertThat(effects).containsExactly("a");
    }

    @OnBothDatabases
    void a_run_that_is_to_be_canceled_is_not_taken_up_when_its_process_dies(Database database)
            throws InterruptedException {
        var dying = new Process(database);
        var id = dying.runs.accept(start(Json.object(), "a=effect", "b=wait", "c=effect"));
        await(dying.calls.reached);
        durable(dying, id, "a");

        askCancel(database, id);
        try (var session = database.runSession("test")) {
            session.takeOver(Duration.ofMillis(-1), "nobody");
        }
        var heir = new Process(database);
        heir.calls.released.countDown();

        assertThat(finished(heir, id).status()).isEqualTo("CANCELED");
        assertThat(effects).containsExactly("a");
    }

    @OnBothDatabases
    void a_run_whose_process_stops_in_a_step_does_not_fail_but_goes_on_elsewhere(Database database)
            throws InterruptedException {
        var stopping = new Process(database);
        var id = stopping.runs.accept(start(Json.object(), "a=effect", "b=wait", "c=effect"));
        await(stopping.calls.reached);
        // Before the lease is given back, which waits for requests under way.
        stopping.runs.close();

        var heir = new Process(database);
        heir.calls.released.countDown();

        assertThat(finished(heir, id).status()).isEqualTo("SUCCEEDED");
        assertThat(effects).containsExactly("a", "c");
    }

    @OnBothDatabases
    void a_call_that_ends_while_its_process_stops_is_not_in_doubt(Database database) throws InterruptedException {
        var stopping = new Process(database);
        var id = stopping.runs.accept(start(Json.object(), "a=effect", "b=effect-wait", "c=effect"));
        await(stopping.calls.reached);
        var stop = Thread.startVirtualThread(stopping.runs::close);
        stopping.calls.released.countDown();
        stop.join();

        var run = finished(new Process(database), id);

        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(run.inDoubt()).isNullOrEmpty();
        assertThat(effects).containsExactly("a", "c");
    }

    @OnBothDatabases
    void a_call_that_may_have_happened_is_listed_and_made_again(Database database) throws InterruptedException {
        var dying = new Process(database);
        var id = dying.runs.accept(start(Json.read("{\"n\": 1}"), "a=effect", "b=effect-wait"));
        await(dying.calls.reached);
        var heir = heirOf(dying, database);

        var run = finished(heir, id);
        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(Objects.requireNonNull(run.inDoubt()))
                .extracting(Doubt::stepPath, Doubt::idempotencyKey, Doubt::times, Doubt::choice)
                .containsExactly(tuple("b", id + "/b/1", 1, "RETRY"));
        var certain = heir.runs.accept(start(Json.object(), "a=effect"));
        finished(heir, certain);
        var doubtful =
                new RunFilter(project, List.of(), List.of(), List.of(), null, null, null, null, List.of(), false, true);
        assertThat(heir.runs.page(engine(), doubtful, new PageRequest(10, null)).data())
                .extracting(FlowRun::id, FlowRun::inDoubt)
                .containsExactly(tuple(id, run.inDoubt()));
        dying.calls.released.countDown();
    }

    @OnBothDatabases
    void a_run_in_doubt_waits_for_an_answer_and_goes_on_with_it(Database database) throws InterruptedException {
        var dying = new Process(database);
        var happened = dying.runs.accept(start(Json.object(), "a=effect", "b=effect-wait-ask", "c=effect"));
        await(dying.calls.reached);
        var heir = heirOf(dying, database);
        asked(heir, happened);

        heir.runs.decide(engine(), happened, "b", true, Json.object().put("sent", 7));

        var run = finished(heir, happened);
        assertThat(run.status()).isEqualTo("SUCCEEDED");
        assertThat(steps(run).at("/b/output/sent").intValue()).isEqualTo(7);
        assertThat(effects).containsExactly("a", "c");
        assertThat(Objects.requireNonNull(run.inDoubt()).getFirst().happened()).isTrue();
        assertThatThrownBy(() -> heir.runs.decide(engine(), happened, "b", true, null))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.VALIDATION));
        assertThatThrownBy(() -> heir.runs.decide(engine(), happened, "c", true, null))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.params()).containsEntry("entityId", "c"));
        dying.calls.released.countDown();
    }

    @OnBothDatabases
    void a_call_that_did_not_happen_is_made_under_a_new_key(Database database) throws InterruptedException {
        var dying = new Process(database);
        var id = dying.runs.accept(start(Json.object(), "b=effect-wait-ask"));
        await(dying.calls.reached);
        var heir = heirOf(dying, database);
        asked(heir, id);

        heir.runs.decide(engine(), id, "b", false, null);

        assertThat(finished(heir, id).status()).isEqualTo("SUCCEEDED");
        assertThat(heir.calls.attempts).containsExactly(2);
        dying.calls.released.countDown();
    }

    /** Returns when the run waits for somebody's answer. */
    private void asked(Process process, String runId) {
        var deadline = System.nanoTime() + LONG.toNanos();
        while (!process.runs.get(engine(), runId).status().equals("PAUSED")) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @OnBothDatabases
    void a_process_that_was_taken_for_dead_goes_on_under_a_new_name(Database database) throws InterruptedException {
        var process = new Process(database);
        try (var session = database.runSession("test")) {
            session.takeOver(Duration.ofMillis(-1), "nobody");
        }

        var deadline = System.nanoTime() + LONG.toNanos();
        FlowRun run = null;
        while (run == null) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            try {
                run = finished(process, process.runs.accept(start(Json.object(), "a=effect")));
            } catch (MillraceException notYet) {
                assertThat(notYet.code()).isEqualTo(ErrorCode.DATABASE_UNAVAILABLE);
            }
        }

        assertThat(run.status()).isEqualTo("SUCCEEDED");
    }

    @OnBothDatabases
    void pages_neither_leave_out_nor_repeat_a_run(Database database) throws InterruptedException {
        var process = new Process(database);
        var all = new ArrayList<String>();
        for (int i = 0; i < 7; i++) {
            all.add(process.runs.accept(start(Json.object(), "a=pure")));
        }
        all.forEach(id -> finished(process, id));

        var first = process.runs.page(engine(), filter(), new PageRequest(4, null));

        assertThat(first.data())
                .hasSize(4)
                .isSortedAccordingTo((a, b) -> b.created().compareTo(a.created()));
        assertThat(first.next()).isNotNull();
        assertThat(first.data()).extracting(FlowRun::id).isSubsetOf(all);
    }

    private static ObjectNode steps(FlowRun run) {
        return Objects.requireNonNull(run.steps());
    }

    private RunFilter filter() {
        return new RunFilter(project, List.of(), List.of(), List.of(), null, null, null, null, List.of(), false, false);
    }
}
