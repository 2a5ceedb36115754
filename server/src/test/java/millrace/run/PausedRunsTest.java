package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.RUN_QUEUE;
import static millrace.schema.Tables.WAITPOINT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
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
import millrace.database.Tx;
import millrace.definition.FlowJson;
import millrace.dispatch.Dispatch;
import millrace.dispatch.DispatchSettings;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.Event;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.RunEnvironment;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.expression.ReferenceFailure;
import millrace.file.Tenants;
import millrace.http.PageRequest;
import millrace.journal.RunHeader;
import millrace.journal.Waits;
import millrace.nativepiece.ActionCall;
import millrace.pieces.NativePieces;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Runs that wait, on a real database, with the pieces that make them wait; the clock is moved by moving due times. */
class PausedRunsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration MAX_PAUSE = Duration.ofDays(30);
    private static final RunSettings SETTINGS = new RunSettings(
            16,
            Duration.ofMinutes(1),
            MAX_PAUSE,
            Duration.ofDays(30),
            1 << 20,
            32 << 10,
            2 << 10,
            512 << 10,
            25,
            600,
            0);
    private static final ObjectNode APPROVED =
            Json.object().set("queryParams", Json.object().put("action", "approve"));

    private final RandomGenerator random = new SecureRandom();
    private final Ids ids = new Ids(random);
    private final NativePieces pieces = new NativePieces(random);
    private final Map<String, ObjectNode> versions = new ConcurrentHashMap<>();
    private final List<String> effects = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    /** A server's engine on a database. */
    private final class Process implements AutoCloseable {
        final Database database;
        final Dispatch dispatch;
        final RunService runs;
        final ResumeService resumes;
        final RunActions actions;
        final Calls calls = new Calls();

        Process(Database database) {
            this(database, SETTINGS, InstantSource.system());
        }

        Process(Database database, RunSettings settings, InstantSource clock) {
            this.database = database;
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
                    (run, step, input, output) -> {},
                    settings,
                    clock,
                    ids);
            resumes = new ResumeService(database, runs);
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

        FlowRun awaitStatus(String runId, RunStatus status) {
            var deadline = System.nanoTime() + LONG.toNanos();
            while (System.nanoTime() < deadline) {
                var run = runs.get(Principal.engine("e", "p", project(database)), runId);
                if (run.status().equals(status.name())) {
                    return run;
                }
                assertThat(run.status())
                        .as("status of a run that should become " + status)
                        .isNotIn(ENDED);
                Thread.onSpinWait();
            }
            throw new AssertionError("the run " + runId + " did not become " + status);
        }

        /** Returns when no run holds memory or a slot of this process. */
        void awaitIdle() {
            var deadline = System.nanoTime() + LONG.toNanos();
            while (runs.activeRuns() > 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                Thread.onSpinWait();
            }
        }

        @Override
        public void close() {
            actions.close();
            runs.close();
            dispatch.close();
        }
    }

    /** Another process on the same database; SQLite serves one. */
    private Process beside(Process first) {
        return first.database.dialect().postgres() ? new Process(first.database) : first;
    }

    private static final List<String> ENDED = EnumSet.allOf(RunStatus.class).stream()
            .filter(RunStatus::terminal)
            .map(Enum::name)
            .toList();

    /** Native pieces for real; a code step's source is a word that says what it does. */
    private final class Calls implements millrace.run.Calls {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);
        private final RunPlaces places = new RunPlaces(
                ids,
                InstantSource.system(),
                URI.create("https://flows.example.com"),
                (projectId, externalId) -> Optional.ofNullable(versions.get(externalId))
                        .map(document -> new RunPlaces.CallableFlow(externalId, externalId, FlowJson.read(document))),
                new CallBounds(25, 600, System::nanoTime),
                (projectId, key) -> Optional.empty(),
                projectId -> {
                    throw new IllegalStateException("no step looks at tables here");
                },
                (projectId, externalId) -> {
                    if (externalId.equals("none")) {
                        throw ReferenceFailure.connectionNotFound(externalId);
                    }
                    return Json.object().put("secret_text", externalId);
                });

        @Override
        public Event evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
            return new Event.Evaluated(Map.of());
        }

        @Override
        public StepResult code(
                RunHeader run, JournalRecord.Began began, String contextKey, Command.CallCode call, Duration timeout) {
            switch (call.step().source()) {
                case "effect" -> effects.add(call.path());
                case "fail once" -> {
                    if (!effects.contains(call.path())) {
                        effects.add(call.path());
                        return new StepResult.Failed(StepError.of("no luck"));
                    }
                }
                case "fail" -> {
                    return new StepResult.Failed(StepError.of("no luck"));
                }
                case "wait" -> {
                    reached.countDown();
                    await(released);
                }
                default -> {}
            }
            return new StepResult.Succeeded(call.input());
        }

        @Override
        public StepResult piece(
                RunHeader run,
                JournalRecord.Began began,
                Command.CallPiece call,
                String idempotencyKey,
                Duration timeout) {
            var step = call.step();
            var action = Objects.requireNonNull(
                    pieces.find(step.pieceName()).orElseThrow().action(step.actionName()));
            return action.run(new ActionCall(
                    call.input(),
                    idempotencyKey,
                    http -> {
                        throw new IllegalStateException("nothing is sent here");
                    },
                    timeout,
                    places.of(run, began, call.resumed())));
        }

        @Override
        public JsonNode change(String projectId, Effect.Change change, RunFlush.Rows rows) {
            throw new IllegalStateException("no step changes anything here");
        }

        @Override
        public boolean code(String source, String packageJson) {
            return source.equals("effect");
        }

        @Override
        public boolean piece(String pieceName, String actionName) {
            return !Objects.requireNonNull(pieces.find(pieceName).orElseThrow().action(actionName))
                    .pure();
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
            one.close();
        }
    }

    private @Nullable String project;

    private String project(Database database) {
        if (project == null) {
            project = Tenants.project(database, ids);
        }
        return project;
    }

    /** A flow of code steps, given as {@code name=source}, and of pieces, {@code name=piece/action {input}}. */
    private RunStart start(Database database, String... steps) {
        var trigger = Json.object().put("name", "trigger").put("type", "EMPTY").put("displayName", "t");
        trigger.putObject("settings");
        var last = trigger;
        for (var text : steps) {
            var name = text.substring(0, text.indexOf('='));
            var what = text.substring(text.indexOf('=') + 1);
            var step = Json.object().put("name", name).put("displayName", name).put("valid", true);
            var settings = step.putObject("settings");
            if (what.contains("/")) {
                var call = what.split("[/ ]", 3);
                step.put("type", "PIECE");
                settings.put("pieceName", "@activepieces/piece-" + call[0])
                        .put("pieceVersion", "0.0.1")
                        .put("actionName", call[1])
                        .set("input", Json.read(call[2].replace('\'', '"')));
            } else {
                step.put("type", "CODE");
                settings.putObject("sourceCode").put("code", what).put("packageJson", "{}");
                settings.putObject("input");
            }
            last.set("nextAction", step);
            last = step;
        }
        var versionId = ids.random();
        versions.put(versionId, trigger);
        return new RunStart(
                project(database),
                ids.random(),
                versionId,
                RunEnvironment.PRODUCTION,
                Json.object(),
                Json.object(),
                null,
                3);
    }

    /** The time of the run's pause comes. */
    private static void pass(Database database, String runId) {
        database.transact(tx -> assertThat(tx.sql()
                        .update(RUN_QUEUE)
                        .set(RUN_QUEUE.DUE_AT, Instant.EPOCH)
                        .where(RUN_QUEUE.ID.eq(runId), RUN_QUEUE.STATUS.eq("PAUSED"))
                        .execute())
                .isEqualTo(1));
    }

    /** The waitpoint at which the run waits. */
    private static String waitpoint(Database database, String runId) {
        return Objects.requireNonNull(database.read(tx -> tx.sql()
                .select(RUN_QUEUE.WAITPOINT_ID)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.ID.eq(runId))
                .fetchOne(RUN_QUEUE.WAITPOINT_ID)));
    }

    private static ObjectNode steps(FlowRun run) {
        return Objects.requireNonNull(run.steps());
    }

    /** AP_PAUSED_FLOW_TIMEOUT_DAYS=500, and runs are kept for a day. */
    @OnBothDatabases
    void a_run_that_waits_for_400_days_survives_370_daily_drops_and_goes_on(Database database)
            throws InterruptedException {
        var settings = new RunSettings(
                16,
                Duration.ofMinutes(1),
                Duration.ofDays(500),
                Duration.ofDays(1),
                1 << 20,
                32 << 10,
                2 << 10,
                512 << 10,
                25,
                600,
                0);
        var today = LocalDate.now(ZoneOffset.UTC);
        var paused = today.minusDays(400);
        makeDay(database, paused);
        var then = new Process(database, settings, () -> paused.atTime(12, 0).toInstant(ZoneOffset.UTC));
        var id = then.runs.accept(
                start(database, "first=effect", "wait=approval/wait_for_approval {}", "second=effect"));
        then.awaitStatus(id, RunStatus.PAUSED);
        then.awaitIdle();
        then.close();

        for (int day = 0; day < 370; day += DAYS_AT_ONCE) {
            if (day > 0) {
                makeDay(database, paused.plusDays(day));
            }
            database.runRetention().removeBefore(midnight(paused.plusDays(day + 1)));
        }

        var now = new Process(database, settings, InstantSource.system());
        assertThat(now.resumes.resume(id, null, APPROVED)).isTrue();
        var ended = now.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(effects).containsExactly("first", "second");
        assertThat(steps(ended).at("/first/status").asText()).isEqualTo("SUCCEEDED");
        assertThat(steps(ended).at("/wait/output/approved").asBoolean()).isTrue();
        database.runRetention().removeBefore(midnight(paused.plusDays(372)));
        int left = database.read(tx -> rowsOf(tx, id));
        assertThat(left).isZero();
    }

    /** Each of the 370 days in the nightly target: on PostgreSQL each makes and drops three partitions. */
    private static final int DAYS_AT_ONCE = Boolean.getBoolean("millrace.nightly") ? 1 : 40;

    private static Instant midnight(LocalDate day) {
        return day.atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    /** The partitions that a server which was up that day has made. */
    private static void makeDay(Database database, LocalDate day) {
        if (database.dialect().postgres()) {
            database.transact(tx -> {
                for (var table : List.of("flow_run", "run_journal", "run_blob")) {
                    tx.sql()
                            .execute("CREATE TABLE " + table + "_" + DateTimeFormatter.BASIC_ISO_DATE.format(day)
                                    + " PARTITION OF " + table + " FOR VALUES FROM ('" + Ids.timePrefix(midnight(day))
                                    + "') TO ('" + Ids.timePrefix(midnight(day.plusDays(1))) + "')");
                }
            });
        }
    }

    private static int rowsOf(Tx tx, String id) {
        return tx.sql().fetchCount(FLOW_RUN, FLOW_RUN.ID.eq(id))
                + tx.sql().fetchCount(RUN_JOURNAL, RUN_JOURNAL.RUN_ID.eq(id))
                + tx.sql().fetchCount(RUN_QUEUE, RUN_QUEUE.ID.eq(id))
                + tx.sql().fetchCount(WAITPOINT, WAITPOINT.FLOW_RUN_ID.eq(id));
    }

    @OnBothDatabases
    void a_delay_frees_the_process_and_ends_in_another_one(Database database) throws InterruptedException {
        var first = new Process(database);
        var id = first.runs.accept(
                start(database, "a=effect", "b=delay/delayFor {'unit': 'days', 'delayFor': 20}", "c=effect"));
        var paused = first.awaitStatus(id, RunStatus.PAUSED);
        assertThat(steps(paused).at("/b/status").textValue()).isEqualTo("PAUSED");
        first.awaitIdle();
        first.close();

        var second = new Process(database);
        pass(database, id);

        var run = second.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(steps(run).at("/b/output").toString()).isEqualTo("{\"delayForInMs\":1728000000,\"success\":true}");
        assertThat(run.stepsCount()).isEqualTo(3);
        assertThat(effects).containsExactly("a", "c");
        assertThat(database.<Integer>read(tx -> tx.sql().fetchCount(WAITPOINT, WAITPOINT.FLOW_RUN_ID.eq(id))))
                .isZero();
    }

    @OnBothDatabases
    void a_run_has_the_tags_of_its_steps_and_is_listed_by_them(Database database) throws InterruptedException {
        var first = new Process(database);
        var id = first.runs.accept(start(
                database,
                "a=connections/read_connection {'connection_name': 'main'}",
                "b=connections/read_connection {'connection_name': 'main'}",
                "c=effect",
                "busy=wait",
                "d=delay/delayFor {'unit': 'days', 'delayFor': 20}",
                "e=connections/read_connection {'connection_name': 'other'}",
                "f=connections/read_connection {'connection_name': 'none'}"));
        await(first.calls.reached);
        assertThat(tagged(first, "connection:main", "nothing")).containsExactly(id);
        assertThat(tagged(first, "connection:other")).isEmpty();
        first.calls.released.countDown();
        assertThat(first.awaitStatus(id, RunStatus.PAUSED).tags()).containsExactly("connection:main");
        first.awaitIdle();
        first.close();

        var second = new Process(database);
        pass(database, id);

        var run = second.awaitStatus(id, RunStatus.FAILED);
        assertThat(run.tags()).containsExactly("connection:main", "connection:other");
        assertThat(tagged(second, "connection:other")).containsExactly(id);
        assertThat(steps(run).at("/e/output/secret_text").textValue()).isEqualTo("other");
        assertThat(steps(run).at("/f/errorMessage").textValue()).contains("Connection not found");
    }

    private List<String> tagged(Process process, String... tags) {
        var project = project(process.database);
        var filter = new RunFilter(
                project, List.of(), List.of(), List.of(tags), null, null, null, null, List.of(), false, false);
        return process.runs.page(Principal.engine("e", "p", project), filter, new PageRequest(10, null)).data().stream()
                .map(FlowRun::id)
                .toList();
    }

    @OnBothDatabases
    void a_due_timer_fires_once_though_two_processes_look_for_it(Database database) throws InterruptedException {
        var first = new Process(database);
        var processes = List.of(first, beside(first));
        var all = new ArrayList<String>();
        for (int i = 0; i < 20; i++) {
            all.add(processes
                    .get(i % 2)
                    .runs
                    .accept(start(
                            database,
                            "a=delay/delay_until {'delayUntilTimestamp': '2999-01-01T00:00:00Z'}"
                                    .replace(
                                            "2999-01-01T00:00:00Z",
                                            Instant.now()
                                                    .plus(Duration.ofDays(3))
                                                    .toString()),
                            "b=effect")));
        }
        all.forEach(id -> processes.getFirst().awaitStatus(id, RunStatus.PAUSED));

        all.forEach(id -> pass(database, id));

        all.forEach(id -> processes.getFirst().awaitStatus(id, RunStatus.SUCCEEDED));
        assertThat(effects).hasSize(20);
    }

    @OnBothDatabases
    void an_approval_goes_on_with_the_answer_and_only_the_first_counts(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(
                database,
                "links=approval/create_approval_links {}",
                "wait=approval/wait_for_approval {}",
                "after=effect"));
        var paused = process.awaitStatus(id, RunStatus.PAUSED);
        assertThat(steps(paused).at("/links/output/approvalLink").textValue())
                .startsWith("https://flows.example.com/api/v1/flow-runs/" + id + "/requests/")
                .endsWith("?action=approve");

        assertThat(process.resumes.find(id, null).map(ResumeService.Resumable::open))
                .contains(true);
        assertThat(process.resumes.resume(id, null, APPROVED)).isTrue();
        assertThat(process.resumes.resume(id, null, Json.object())).isFalse();

        var run = process.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(steps(run).at("/wait/output/approved").booleanValue()).isTrue();
        assertThat(process.resumes.resume(id, null, APPROVED)).isFalse();
        assertThat(process.resumes.find(id, null))
                .contains(new ResumeService.Resumable(project(database), RunStatus.SUCCEEDED, false));
    }

    @OnBothDatabases
    void an_answer_that_comes_before_the_pause_is_kept(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(
                database,
                "links=approval/create_approval_links {}",
                "send=effect",
                "busy=wait",
                "wait=approval/wait_for_approval {}",
                "again=approval/wait_for_approval {}"));
        await(process.calls.reached);

        assertThat(process.resumes.resume(id, null, APPROVED)).isTrue();
        assertThat(process.resumes.resume(id, null, Json.object())).isFalse();
        process.calls.released.countDown();

        var run = process.awaitStatus(id, RunStatus.PAUSED);
        while (!steps(run).at("/again/status").asText().equals("PAUSED")) {
            run = process.awaitStatus(id, RunStatus.PAUSED);
        }
        assertThat(steps(run).at("/wait/output/approved").booleanValue()).isTrue();
    }

    @OnBothDatabases
    void a_retried_run_waits_where_it_told_people_to_answer(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(
                database,
                "links=approval/create_links {'links': 3, 'needed': 2}",
                "first=approval/wait_for_approval {}",
                "bad=fail once",
                "many=approval/wait_for_links {'waitpointId': '{{links[\\'output\\'].waitpointId}}'}",
                "worse=fail once"));
        var paused = process.awaitStatus(id, RunStatus.PAUSED);
        var links = steps(paused).at("/links/output/links");
        var waitpoint = links.get(0).asText().split("[/?]")[8];
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(0)))).isTrue();
        assertThat(process.resumes.resume(id, waitpoint(database, id), APPROVED))
                .isTrue();
        process.awaitStatus(id, RunStatus.FAILED);
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(1)))).isFalse();

        retry(process, id);
        process.awaitStatus(id, RunStatus.PAUSED);
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(1)))).isTrue();

        process.awaitStatus(id, RunStatus.FAILED);
        retry(process, id);
        process.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(database.<Integer>read(tx -> tx.sql().fetchCount(WAITPOINT, WAITPOINT.FLOW_RUN_ID.eq(id))))
                .isZero();
    }

    @OnBothDatabases
    void a_retried_run_finds_the_answer_that_came_before_it_failed(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(
                database,
                "links=approval/create_links {'links': 1, 'needed': 1}",
                "first=approval/wait_for_approval {}",
                "bad=fail once",
                "many=approval/wait_for_links {'waitpointId': '{{links[\\'output\\'].waitpointId}}'}"));
        var link = steps(process.awaitStatus(id, RunStatus.PAUSED)).at("/links/output/links/0");
        assertThat(process.resumes.resume(id, link.asText().split("[/?]")[8], opened(link)))
                .isTrue();
        assertThat(process.resumes.resume(id, waitpoint(database, id), APPROVED))
                .isTrue();
        process.awaitStatus(id, RunStatus.FAILED);

        retry(process, id);

        process.awaitStatus(id, RunStatus.SUCCEEDED);
    }

    private void retry(Process process, String runId) {
        var project = project(process.database);
        var retried = process.actions.retry(
                Principal.engine("e", "p", project), runId, new RetryRequest(project, RetryStrategy.FROM_FAILED_STEP));
        assertThat(retried.id()).isEqualTo(runId);
    }

    @OnBothDatabases
    void of_many_answers_at_once_one_counts(Database database) throws Exception {
        var first = new Process(database);
        var processes = List.of(first, beside(first));
        var id = processes.getFirst().runs.accept(start(database, "wait=approval/wait_for_approval {}", "b=effect"));
        processes.getFirst().awaitStatus(id, RunStatus.PAUSED);
        var waitpoint = waitpoint(database, id);
        var answers = new ArrayList<Callable<Boolean>>();
        for (int i = 0; i < 16; i++) {
            var process = processes.get(i % 2);
            answers.add(() -> process.resumes.resume(id, waitpoint, APPROVED));
        }

        int counted = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var answer : threads.invokeAll(answers)) {
                counted += answer.get() ? 1 : 0;
            }
        }

        assertThat(counted).isEqualTo(1);
        processes.getFirst().awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(effects).containsExactly("b");
    }

    @OnBothDatabases
    void two_of_three_links_end_a_wait_and_each_counts_once(Database database) throws InterruptedException {
        var process = new Process(database);
        var id = process.runs.accept(start(
                database,
                "links=approval/create_links {'links': 3, 'needed': 2}",
                "busy=effect",
                "hold=wait",
                "many=approval/wait_for_links {'waitpointId': '{{links[\\'output\\'].waitpointId}}'}"));
        await(process.calls.reached);
        var links = steps(process.runs.get(Principal.engine("e", "p", project(database)), id))
                .at("/links/output/links");
        var waitpoint = links.get(0).asText().split("[/?]")[8];

        // One answers before the run waits.
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(2)))).isTrue();
        process.calls.released.countDown();
        process.awaitStatus(id, RunStatus.PAUSED);
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(2)))).isFalse();
        assertThat(process.resumes.resume(id, waitpoint, APPROVED)).isFalse();
        assertThat(process.resumes.resume(id, null, APPROVED)).isFalse();
        process.awaitStatus(id, RunStatus.PAUSED);
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(0)))).isTrue();
        assertThat(process.resumes.resume(id, waitpoint, opened(links.get(1)))).isFalse();

        var run = process.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(steps(run).at("/many/output/answers").findValuesAsText("link"))
                .contains("3", "1")
                .hasSizeGreaterThanOrEqualTo(2);
    }

    /** What the query of the link brings. */
    private static ObjectNode opened(JsonNode link) {
        var secret = link.asText().substring(link.asText().indexOf("?link=") + 6);
        return Json.object().set("queryParams", Json.object().put("link", secret));
    }

    @OnBothDatabases
    void a_waitpoint_of_another_run_resumes_nothing(Database database) throws InterruptedException {
        var process = new Process(database);
        var one = process.runs.accept(start(database, "wait=approval/wait_for_approval {}"));
        var other = process.runs.accept(start(database, "wait=approval/wait_for_approval {}"));
        process.awaitStatus(one, RunStatus.PAUSED);
        process.awaitStatus(other, RunStatus.PAUSED);

        assertThat(process.resumes.resume(one, waitpoint(database, other), APPROVED))
                .isFalse();
        assertThat(process.resumes.resume(ids.random(), null, APPROVED)).isFalse();
        assertThat(process.resumes.find(ids.random(), null)).isEmpty();

        process.awaitStatus(one, RunStatus.PAUSED);
        process.awaitStatus(other, RunStatus.PAUSED);
    }

    @OnBothDatabases
    void a_caller_is_answered_before_the_pause_and_the_next_one_after_it(Database database)
            throws InterruptedException {
        var first = new Process(database);
        var second = beside(first);

        var reply = first.runs.call(
                start(
                        database,
                        "a=webhook/return_response_and_wait_for_next_webhook {'responseType': 'json',"
                                + " 'fields': {'body': {'n': 1}}}",
                        "b=effect",
                        "c=webhook/return_response {'responseType': 'json', 'respond': 'stop',"
                                + " 'fields': {'body': '{{a[\\'output\\'].body}}'}}"),
                LONG);

        var answer = ((Reply.Answered) reply).response();
        assertThat(answer.body()).isEqualTo(Json.read("{\"n\": 1}"));
        var url = URI.create(Objects.requireNonNull(answer.headers().get("x-activepieces-resume-webhook-url")));
        var parts = url.getPath().split("/");
        assertThat(parts[parts.length - 1]).isEqualTo("sync");
        var runId = parts[4];

        var next = second.resumes.call(
                runId, parts[6], Json.object().set("body", Json.object().put("m", 2)), LONG);

        assertThat(((Reply.Answered) next.orElseThrow()).response().body()).isEqualTo(Json.read("{\"m\": 2}"));
        assertThat(effects).containsExactly("b");
        assertThat(second.resumes.call(runId, parts[6], Json.object(), LONG)).isEmpty();
    }

    @OnBothDatabases
    void a_caller_who_waits_gets_the_answer_of_a_run_that_paused_on_its_way(Database database) throws Exception {
        var first = new Process(database);
        var second = beside(first);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var start = start(
                    database,
                    "a=delay/delayFor {'unit': 'minutes', 'delayFor': 1}",
                    "b=webhook/return_response {'responseType': 'json', 'respond': 'stop', 'fields': {'body': {}}}");
            var reply = threads.submit(() -> first.runs.call(start, LONG));
            var id = await(database, start.flowId());
            first.awaitStatus(id, RunStatus.PAUSED);

            second.resumes.resume(id, null, APPROVED);

            assertThat(reply.get()).isInstanceOf(Reply.Answered.class);
        }
    }

    /** The id of the flow's only run, once it waits. */
    private static String await(Database database, String flowId) {
        var deadline = System.nanoTime() + LONG.toNanos();
        while (System.nanoTime() < deadline) {
            var found = database.read(tx -> Optional.ofNullable(tx.sql()
                    .select(RUN_QUEUE.ID)
                    .from(RUN_QUEUE)
                    .where(RUN_QUEUE.FLOW_ID.eq(flowId), RUN_QUEUE.STATUS.eq("PAUSED"))
                    .fetchOne(RUN_QUEUE.ID)));
            if (found.isPresent()) {
                return found.get();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no run of " + flowId + " waits");
    }

    @OnBothDatabases
    void a_wait_fails_its_step_at_the_cap(Database database) throws InterruptedException {
        var process = new Process(database);
        var tooLong = process.runs.accept(start(database, "a=delay/delayFor {'unit': 'days', 'delayFor': 31}"));
        var unanswered = process.runs.accept(start(database, "a=approval/wait_for_approval {}"));
        process.awaitStatus(unanswered, RunStatus.PAUSED);
        var due = database.<Instant>read(tx -> tx.sql()
                .select(RUN_QUEUE.DUE_AT)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.ID.eq(unanswered))
                .fetchOne(RUN_QUEUE.DUE_AT));
        var waitpoint = waitpoint(database, unanswered);

        pass(database, unanswered);

        for (var id : List.of(tooLong, unanswered)) {
            var run = process.awaitStatus(id, RunStatus.FAILED);
            assertThat(failure(run).path("errorName").textValue()).isEqualTo("PausedFlowTimeoutError");
            assertThat(failure(run).path("message").textValue())
                    .isEqualTo("The flow cannot be paused for more than 30 days");
        }
        assertThat(due).isAfter(Instant.now().plus(Duration.ofDays(29)));
        assertThat(process.resumes.resume(unanswered, waitpoint, APPROVED)).isFalse();
    }

    /** A step that calls the flow of this start. */
    private static String calling(RunStart callee, boolean wait) {
        return "subflows/callFlow {'flowId': '" + callee.flowVersionId() + "', 'mode': 'simple', 'waitForResponse': "
                + wait + ", 'flowProps': {'payload': {'n': 7}}}";
    }

    @OnBothDatabases
    void a_flow_waits_for_the_answer_of_the_flow_that_it_calls(Database database) throws InterruptedException {
        var first = new Process(database);
        beside(first);
        var callee = start(
                database,
                "work=effect",
                "answer=subflows/returnResponse {'mode': 'simple',"
                        + " 'response': {'response': {'got': '{{trigger[\\'output\\'].data.n}}'}}}",
                "rest=effect");

        var id = first.runs.accept(start(database, "call=" + calling(callee, true), "after=effect"));

        var run = first.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(steps(run).at("/call/output"))
                .isEqualTo(Json.read("{\"status\": \"success\", \"data\": {\"got\": 7}}"));
        var child = onlyChild(database, id);
        assertThat(first.awaitStatus(child, RunStatus.SUCCEEDED).parentRunId()).isEqualTo(id);
        assertThat(effects).containsExactlyInAnyOrder("work", "rest", "after");
    }

    @OnBothDatabases
    void a_flow_that_fails_fails_the_step_that_waits_for_it(Database database) throws InterruptedException {
        var process = new Process(database);
        var callee = start(database, "bad=fail");

        var id = process.runs.accept(start(database, "a=" + calling(callee, true), "after=effect"));

        var run = process.awaitStatus(id, RunStatus.FAILED);
        assertThat(failure(run).path("message").textValue()).isEqualTo("The called flow failed: no luck");
        assertThat(effects).isEmpty();
    }

    @OnBothDatabases
    void a_flow_goes_on_when_the_flow_that_it_calls_ends_without_an_answer(Database database)
            throws InterruptedException {
        var process = new Process(database);
        var callee = start(database, "work=effect");

        var id = process.runs.accept(start(database, "a=" + calling(callee, true)));

        var run = process.awaitStatus(id, RunStatus.SUCCEEDED);
        assertThat(steps(run).at("/a/output").toString()).isEqualTo("{\"status\":\"success\",\"data\":null}");
        assertThat(effects).containsExactly("work");
    }

    @OnBothDatabases
    void a_flow_calls_another_and_does_not_wait(Database database) throws InterruptedException {
        var process = new Process(database);
        var callee = start(database, "bad=fail");

        var reply = process.runs.call(start(database, "a=" + calling(callee, false), "b=effect"), LONG);

        assertThat(reply).isEqualTo(new Reply.Ended(RunStatus.SUCCEEDED));
        assertThat(effects).containsExactly("b");
        process.awaitStatus(childOf(database, callee), RunStatus.FAILED);
    }

    @OnBothDatabases
    void an_unknown_flow_can_not_be_called(Database database) throws InterruptedException {
        var process = new Process(database);

        var id = process.runs.accept(start(
                database, "a=subflows/callFlow {'flowId': 'nobody', 'mode': 'simple', 'flowProps': {'payload': {}}}"));

        var run = process.awaitStatus(id, RunStatus.FAILED);
        assertThat(failure(run).path("message").textValue())
                .isEqualTo("There is no enabled flow nobody in this project.");
    }

    private static String onlyChild(Database database, String parentRunId) {
        return database.read(tx -> {
            var ids = new ArrayList<>(tx.sql()
                    .select(FLOW_RUN.ID)
                    .from(FLOW_RUN)
                    .where(FLOW_RUN.PARENT_RUN_ID.eq(parentRunId))
                    .fetch(FLOW_RUN.ID));
            ids.addAll(tx.sql()
                    .select(RUN_QUEUE.ID)
                    .from(RUN_QUEUE)
                    .where(RUN_QUEUE.PARENT_RUN_ID.eq(parentRunId), RUN_QUEUE.RECORDED.isFalse())
                    .fetch(RUN_QUEUE.ID));
            assertThat(ids).hasSize(1);
            return ids.getFirst();
        });
    }

    /** The only run of the flow. */
    private static String childOf(Database database, RunStart callee) {
        return database.read(tx -> Optional.ofNullable(tx.sql()
                        .select(RUN_QUEUE.ID)
                        .from(RUN_QUEUE)
                        .where(RUN_QUEUE.FLOW_ID.eq(callee.flowVersionId()))
                        .fetchOne(RUN_QUEUE.ID))
                .orElseGet(() -> tx.sql()
                        .select(FLOW_RUN.ID)
                        .from(FLOW_RUN)
                        .where(FLOW_RUN.FLOW_ID.eq(callee.flowVersionId()))
                        .fetchOne(FLOW_RUN.ID)));
    }

    private static JsonNode failure(FlowRun run) {
        return Json.read(steps(run).at("/a/errorMessage").textValue());
    }
}
