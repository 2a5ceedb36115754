package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import millrace.config.RunSettings;
import millrace.connection.ConnectionService;
import millrace.database.RunFlush;
import millrace.database.RunTables;
import millrace.database.WriteFailed;
import millrace.dispatch.Dispatch;
import millrace.dispatch.DispatchSettings;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.Event;
import millrace.engine.Execution;
import millrace.engine.FailedStep;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.Program;
import millrace.engine.Replay;
import millrace.engine.Response;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.journal.JournalReader;
import millrace.journal.JournalWriter;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import millrace.journal.Waits;
import org.jspecify.annotations.Nullable;

/**
 * A server process without its threads, sockets and files: dispatch, writers, journals, driver and engine are the
 * server's own. What {@link RunService} does around them with a real database is done here with the simulated one.
 */
final class SimulatedProcess implements Calls {
    private static final DispatchSettings DISPATCH =
            new DispatchSettings(2, 4, false, Duration.ofSeconds(1), Duration.ofSeconds(8), Duration.ofMillis(500), 0);
    private static final RunSettings SETTINGS = new RunSettings(
            4,
            Duration.ofDays(1),
            Duration.ofDays(1),
            Duration.ofDays(30),
            1 << 20,
            32 << 10,
            2 << 10,
            512 << 10,
            25,
            600,
            0);
    private static final int MAX_TAKEOVERS = 3;
    /** Why such a run ends. */
    static final String TOO_OFTEN = "taken over too often";

    private static final Duration KEEPER_PAUSE = Duration.ofMillis(300);
    private static final Duration RECORD_AFTER = Duration.ofSeconds(1);
    private static final Duration FLUSH_AFTER = Duration.ofMillis(50);
    /** Of a caller whose run is not accepted. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

    private static final StepChanges CHANGES = new StepChanges(
            (tx, project, change) -> {
                throw new IllegalStateException("no flow has tables here");
            },
            SETTINGS.maxEntryBytes());

    private final Simulation simulation;
    private final SimulatedThreads.Machine machine;
    private final Waits waits;
    private final String id;
    private final InstantSource clock;
    private final List<String> names = new ArrayList<>();
    private final Map<String, ActiveRun> active = new HashMap<>();
    private @Nullable Dispatch dispatch;
    private @Nullable RunDriver driver;

    /** Registers and begins to work, unless the database is away: then it ends as it began. */
    SimulatedProcess(Simulation simulation, SimulatedThreads.Machine machine, String id, Duration clockSkew) {
        this.simulation = simulation;
        this.machine = machine;
        this.id = id;
        this.waits = simulation.waits(machine);
        this.clock = () -> simulation.trueTime().plus(clockSkew);
        simulation.threads().start(machine, this::begin);
    }

    private void begin() {
        try {
            dispatch = new Dispatch(
                    purpose -> simulation.session(machine), DISPATCH, this::nextName, id, clock, waits, () -> {});
        } catch (WriteFailed e) {
            simulation.died(this);
            return;
        }
        driver = new RunDriver(
                simulation,
                this,
                withoutConnections(),
                SETTINGS,
                clock,
                runId -> false,
                () -> {},
                (run, last) -> {},
                waits);
        for (int i = 0; i < DISPATCH.lanes(); i++) {
            var lane = i;
            simulation.threads().startWriter(machine, () -> write(lane));
        }
        simulation.threads().start(machine, this::keep);
        simulation.threads().start(machine, this::watchForCancels);
        claim(dispatch);
    }

    /** No flow names a connection. */
    @SuppressWarnings("NullAway")
    private static ConnectionService withoutConnections() {
        return new ConnectionService(null, null);
    }

    private String nextName() {
        names.add(id + "." + names.size());
        return names.getLast();
    }

    /** The names under which it was registered. */
    List<String> names() {
        return names;
    }

    private void write(int lane) {
        try {
            while (true) {
                var work = machine.work();
                while (writer(lane).writeNext(Duration.ZERO)) {}
                simulation.threads().await(() -> machine.work() != work);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A process that was declared dead goes on with new writers. */
    private JournalWriter writer(int lane) {
        return Objects.requireNonNull(dispatch).writers().get(lane);
    }

    private void claim(Dispatch dispatch) {
        while (true) {
            try {
                if (!dispatch.round(this::resume)) {
                    simulation.threads().sleep(DISPATCH.poll());
                }
            } catch (WriteFailed e) {
                simulation.threads().sleep(DISPATCH.poll());
            }
        }
    }

    /** As {@code RunService.keepLastingRuns}. */
    private void keep() {
        var since = new HashMap<String, Duration>();
        while (true) {
            simulation.threads().await(() -> !active.isEmpty());
            simulation.threads().sleep(KEEPER_PAUSE);
            since.keySet().retainAll(active.keySet());
            for (var run : active.values()) {
                var began = since.computeIfAbsent(
                        run.id(), runId -> simulation.threads().now());
                if (simulation.threads().now().minus(began).compareTo(RECORD_AFTER) > 0
                        && !run.journal().recorded()) {
                    run.journal().record();
                } else {
                    run.journal().flushOlderThan(FLUSH_AFTER);
                }
            }
        }
    }

    /** As {@code RunActions.watchForCancels}. */
    private void watchForCancels() {
        while (true) {
            simulation.threads().sleep(LOOK_EVERY);
            for (var asked : simulation.askedToCancel(machine)) {
                stop(asked);
            }
        }
    }

    /** The interrupt is lost: a call that can't be interrupted is waited for. */
    private void stop(String runId) {
        var run = active.get(runId);
        if (run != null) {
            run.cancellation().ask();
            Thread.interrupted();
        }
    }

    SimulatedThreads.Machine machine() {
        return machine;
    }

    String id() {
        return id;
    }

    boolean serves() {
        return driver != null;
    }

    boolean idle() {
        return active.isEmpty();
    }

    /** As {@link RunService#accept}; true when the run was accepted. */
    boolean accept(String runId, Program program, ObjectNode payload) {
        var home = dispatch;
        if (home == null) {
            return false;
        }
        var writer = home.writer();
        var now = clock.instant();
        var header = header(runId, now);
        var began = Simulation.began(payload);
        try {
            if (home.tryEnter()) {
                var journal = RunJournal.begin(writer, header, began, now);
                launch(run(journal, program, Replay.none(), payload, new CompletableFuture<>()));
                Acceptance.await(waits, journal, () -> () -> {}, PATIENCE);
            } else {
                Acceptance.write(writer, header, began, () -> () -> {}, PATIENCE);
            }
            return true;
        } catch (InterruptedException | RuntimeException e) {
            return false;
        }
    }

    /** As {@link RunService#call}; empty when nothing was started. */
    Reply call(String runId, Program program, ObjectNode payload, Duration atMost) {
        var home = dispatch;
        if (home == null || !home.tryEnter()) {
            return new Reply.NoRoom();
        }
        var now = clock.instant();
        var journal = RunJournal.begin(home.writer(), header(runId, now), Simulation.began(payload), now);
        var reply = new CompletableFuture<Reply>();
        launch(run(journal, program, Replay.none(), payload, reply));
        var deadline = simulation.threads().now().plus(atMost);
        simulation.timer(machine, deadline, reply);
        try {
            var first = waits.await(reply);
            if (!(first instanceof Reply.TimedOut)) {
                return first;
            }
            return waits.await(journal.record()) == JournalWriter.Outcome.DURABLE ? first : new Reply.NoRoom();
        } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
            return new Reply.NoRoom();
        }
    }

    private void launch(ActiveRun run) {
        simulation.threads().startRun(machine, () -> {
            drive(run);
            Objects.requireNonNull(dispatch).leave();
        });
    }

    private void drive(ActiveRun run) {
        active.put(run.id(), run);
        Objects.requireNonNull(driver).drive(run);
        active.remove(run.id(), run);
    }

    /** As {@code RunService.takeUp}. */
    private void resume(RunTables.Claimed claimed, JournalWriter writer) {
        simulation.threads().startRun(machine, () -> {
            takeUp(claimed, writer);
            Objects.requireNonNull(dispatch).leave(claimed, writer);
        });
    }

    private void takeUp(RunTables.Claimed claimed, JournalWriter writer) {
        var began =
                (JournalRecord.Began) JournalReader.read(List.of(claimed.row().doc()), (path, part) -> new byte[0])
                        .getFirst();
        var records = simulation.records(claimed.runId(), claimed.journal());
        simulation.takenUp(claimed, records);
        var program = simulation.program(claimed.runId());
        var replay = Replay.of(program);
        records.forEach(replay::add);
        var journal = RunJournal.accepted(
                writer,
                RunHeader.of(claimed),
                began,
                Objects.requireNonNull(claimed.row().startTime()),
                claimed.nextSeq(),
                0,
                replay.tags());
        if (claimed.row().recorded() && claimed.waitpointId() == null) {
            journal.record();
        }
        var resumed = resumed(claimed, replay.waiting());
        if (resumed != null) {
            journal.append(List.of(resumed));
            replay.add(resumed);
        }
        var payload = (ObjectNode) began.payload();
        if (claimed.takeovers() > 0) {
            var position = replay.position();
            if (!position.equals(claimed.takeoverPath())) {
                simulation.tables().countTakeoversAnew(claimed.runId(), position);
            } else if (claimed.takeovers() >= MAX_TAKEOVERS) {
                var run = run(journal, Program.empty(), Replay.none(), payload, new CompletableFuture<>());
                Objects.requireNonNull(driver).endBroken(run, TOO_OFTEN, new FailedStep(position, position, "no"));
                return;
            }
        }
        drive(run(journal, program, replay, payload, new CompletableFuture<>()));
    }

    /** As {@code RunService.resumed}. */
    private JournalRecord.@Nullable Resumed resumed(RunTables.Claimed claimed, JournalRecord.@Nullable Paused waiting) {
        if (waiting == null) {
            return null;
        }
        var settled = simulation.transact(
                machine, () -> simulation.tables().settle(claimed.runId(), waiting.waitpointId(), claimed.due()));
        return settled.map(payload -> new JournalRecord.Resumed(waiting.path(), payload.orElse(null), null))
                .orElse(null);
    }

    private ActiveRun run(
            RunJournal journal, Program program, Replay replay, ObjectNode payload, CompletableFuture<Reply> reply) {
        return new ActiveRun(
                journal,
                new Execution(program, payload, replay),
                "version",
                waits.nanos() + SETTINGS.timeout().toNanos(),
                new Cancellation(),
                reply);
    }

    private static RunHeader header(String runId, Instant now) {
        return new RunHeader(runId, "project", "flow", "version", "PRODUCTION", now, 1, null, true, null, null, null);
    }

    // ---- what steps do

    @Override
    public Event evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
        throw new IllegalStateException("no expression needs JavaScript here");
    }

    @Override
    public StepResult code(
            RunHeader run, JournalRecord.Began began, String contextKey, Command.CallCode call, Duration timeout) {
        simulation.place(machine, null);
        var answer = simulation.answer();
        return switch (call.step().source()) {
            case RandomFlow.REPLY -> new StepResult.Succeeded(answer, new Response(200, Map.of(), answer), false);
            case RandomFlow.STOP -> new StepResult.Succeeded(answer, new Response(200, Map.of(), answer), true);
            default -> new StepResult.Succeeded(answer);
        };
    }

    @Override
    public StepResult piece(
            RunHeader run, JournalRecord.Began began, Command.CallPiece call, String idempotencyKey, Duration timeout) {
        if (!RandomFlow.effectful(call.step().actionName())) {
            simulation.place(machine, null);
            return inside(run, call);
        }
        var asked = simulation.threads().now();
        simulation.place(machine, BadState.CRASH_BETWEEN_BARRIER_AND_EFFECT);
        simulation.sent(this, idempotencyKey, call.input(), asked);
        simulation.place(machine, BadState.CRASH_BETWEEN_EFFECT_AND_RECORD);
        return simulation.fails()
                ? new StepResult.Failed(StepError.of("the world said no"))
                : new StepResult.Succeeded(simulation.answer());
    }

    @Override
    public JsonNode change(String projectId, Effect.Change change, RunFlush.Rows rows) {
        return CHANGES.make(projectId, change, rows);
    }

    /** What a step does inside the database. */
    private StepResult inside(RunHeader run, Command.CallPiece call) {
        simulation.lookUp(machine);
        var resumed = call.resumed();
        if (resumed != null) {
            var payload = resumed.payload();
            return payload != null && payload.at("/body/status").asText().equals("error")
                    ? new StepResult.Failed(StepError.of("the called run failed"))
                    : new StepResult.Succeeded(simulation.answer());
        }
        var waitpoint = simulation.newId("w");
        return switch (call.step().actionName()) {
            case RandomFlow.OPEN ->
                new StepResult.Succeeded(
                        simulation.answer().put("waitpoint", waitpoint),
                        null,
                        false,
                        List.of(new Effect.OpenWaitpoint(waitpoint, List.of("link"), 1)));
            case RandomFlow.STORE -> {
                var me = run.runId() + "/" + call.path();
                yield new StepResult.Changing(new Effect.ChangeEntry(Simulation.ENTRY, before -> {
                    var list = before == null ? Json.array() : (ArrayNode) before.deepCopy();
                    list.add(me);
                    return new Effect.NewValue(list, simulation.answer().put(Simulation.NTH, list.size()));
                }));
            }
            case RandomFlow.SLEEP -> new StepResult.Paused(waitpoint, simulation.soon(), null, null, List.of());
            case RandomFlow.CALL -> {
                var child = simulation.newChild(clock.instant(), waitpoint);
                yield new StepResult.Paused(waitpoint, null, null, null, List.of(child));
            }
            default -> {
                var at = call.input().path("at").asText();
                yield at.isEmpty()
                        ? new StepResult.Paused(waitpoint, null, null, null, List.of())
                        : new StepResult.Paused(at, true, null, null, null, List.of());
            }
        };
    }

    @Override
    public boolean code(String source, String packageJson) {
        return false;
    }

    @Override
    public boolean piece(String pieceName, String actionName) {
        return RandomFlow.effectful(actionName);
    }
}
