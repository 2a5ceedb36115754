package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import millrace.database.DedicatedWriter;
import millrace.database.RunFlush;
import millrace.database.RunSession;
import millrace.database.RunTables;
import millrace.database.SqlWork;
import millrace.definition.OnInDoubt;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.ErrorCode;
import millrace.engine.Event;
import millrace.engine.Execution;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.Program;
import millrace.engine.RecordCodec;
import millrace.engine.Replay;
import millrace.engine.Response;
import millrace.engine.RunEnvironment;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.engine.StepStatus;
import millrace.journal.JournalReader;
import millrace.journal.JournalWriter;
import millrace.journal.RunJournal;
import millrace.journal.Waits;
import org.jspecify.annotations.Nullable;

/**
 * Some runs of random flows in some processes on one database, while processes die, freeze and wake, connections break
 * and clocks jump; then the faults end, and everything that was promised is checked. One seed is one history: the same
 * seed always gives the same.
 *
 * <p>The promises:
 * <ol>
 *   <li>A run that was accepted, or whose caller was answered, ends.
 *   <li>A step that has ended durably is not executed again by an owner of its run.
 *   <li>An effect is repeated only if a takeover found it in doubt, once each, with the same key and input.
 *   <li>Only a process that was frozen in that moment sends an effect of a run that is no longer its own.
 *   <li>A process whose lease was taken writes nothing.
 *   <li>Effects happen in the order of their steps, and the journal tells exactly what happened.
 *   <li>A wait ends once, by the first answer to it or by its time; a called run is started once.
 *   <li>A change of the key-value store is made once, and its step's record tells what it made.
 * </ol>
 */
final class Simulation implements RunDriver.Doubts {
    private static final Duration EVERYTHING_ENDS = Duration.ofMinutes(10);
    private static final Duration LONGEST_LOOK_AT_THE_LEASE = Duration.ofMillis(100);
    private static final Duration LEASE_MARGIN = Duration.ofSeconds(2);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int PROCESSES = 2;

    /** The entry of the key-value store that runs change, and what a step says about its place there. */
    static final String ENTRY = "list";

    static final String NTH = "nth";

    /** What is taken away from the protocol, to see that somebody notices. */
    enum Mutation {
        NONE,
        /** Barriers do not wait. */
        NO_BARRIER,
        /** Writers whose lease was taken may write. */
        NO_EPOCH,
        /** Intents are not written. */
        NO_INTENT,
        /** A pause does not look whether it was answered before. */
        NO_LOOK_FOR_ANSWERS,
        /** A writer that has not heard of its commit writes again what is there. */
        NO_COUNT_OF_FLUSHES
    }

    /** @param broken the promises that were broken, in words */
    record Outcome(long seed, List<String> broken, Set<BadState> reached, String history) {}

    private record Send(String path, String step, JsonNode input) {}

    /** A call about which somebody is asked. */
    private record Question(String runId, Command.Ask ask) {}

    private final long seed;
    private final Mutation mutation;
    private final SplittableRandom random;
    private final SimulatedThreads threads;
    private final SimulatedTables tables;
    private final SimulatedThreads.Machine outside;
    private final Map<SimulatedThreads.Machine, SimulatedProcess> processes = new LinkedHashMap<>();
    private final Map<SimulatedThreads.Machine, Duration> cut = new HashMap<>();
    private final Map<String, Program> programs = new LinkedHashMap<>();
    private final Map<String, ObjectNode> payloads = new HashMap<>();
    private final Set<String> promised = new LinkedHashSet<>();
    private final Map<String, List<Send>> sends = new LinkedHashMap<>();
    /** How often {@code run/path/attempt} was listed as in doubt. */
    private final Map<String, Integer> doubts = new HashMap<>();

    private final List<Question> questions = new ArrayList<>();
    /** The first answer to each waitpoint. */
    private final Map<String, JsonNode> answers = new HashMap<>();
    /** The run that completes a waitpoint when it ends. */
    private final Map<String, String> children = new HashMap<>();

    /** Runs that people had a part in: their logs can't be told anew. */
    private final Set<String> changed = new LinkedHashSet<>();

    private final Set<BadState> reached = EnumSet.noneOf(BadState.class);
    private final List<String> broken = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private Duration clockJump = Duration.ZERO;
    private boolean jumped;
    private boolean faulty = true;
    /** One moment in so many is a bad one. */
    private final int calm;

    private int faultsLeft;
    private int born;
    private int ids;
    private int callsLeft;

    private Simulation(long seed, Mutation mutation) {
        this.seed = seed;
        this.mutation = mutation;
        this.random = new SplittableRandom(seed);
        this.threads = new SimulatedThreads(random);
        this.outside = threads.machine();
        this.tables = new SimulatedTables(
                () -> trueTime().plus(clockJump),
                mutation != Mutation.NO_EPOCH,
                mutation != Mutation.NO_LOOK_FOR_ANSWERS,
                mutation != Mutation.NO_COUNT_OF_FLUSHES,
                mutation == Mutation.NO_INTENT ? this::withoutIntents : UnaryOperator.identity());
        this.calm = random.nextInt(2, 16);
        this.faultsLeft = random.nextInt(16);
    }

    static Outcome run(long seed, Mutation mutation) {
        var simulation = new Simulation(seed, mutation);
        try {
            simulation.play();
        } catch (RuntimeException | AssertionError defect) {
            simulation.broken.add("at " + simulation.threads.now() + ": " + defect);
        }
        return new Outcome(seed, simulation.broken, simulation.reached, String.join("\n", simulation.history));
    }

    // ---- the history

    private void play() {
        for (int i = 0; i < PROCESSES; i++) {
            startProcess();
        }
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            var runId = "r" + i;
            programs.put(runId, RandomFlow.create(random, true, storing()));
            payloads.put(runId, Json.object().setAll(RandomFlow.answer(random)));
            callsLeft++;
            threads.start(outside, () -> call(runId));
        }
        threads.start(outside, this::answerWaits);
        threads.start(outside, this::decide);
        threads.start(outside, this::cancelAndRetry);
        var faultsEnd = Duration.ofSeconds(random.nextLong(15, 90));
        while (faultsLeft > 0 && threads.step(faultsEnd)) {
            if (random.nextInt(10 * calm) == 0 && (!quiet() || random.nextInt(5) == 0)) {
                fault();
            }
            if (processes.size() < PROCESSES && random.nextInt(100) == 0) {
                startProcess();
            }
        }
        heal();
        while (!quiet() && threads.step(EVERYTHING_ENDS)) {}
        List.copyOf(programs.keySet()).forEach(this::check);
        checkStore();
    }

    /** Who does not wait for barriers has no answer from the store either. */
    private boolean storing() {
        return mutation != Mutation.NO_BARRIER;
    }

    /** People answer waiting runs, sometimes twice. */
    private void answerWaits() {
        while (true) {
            threads.sleep(upTo(Duration.ofSeconds(4)));
            var pending = tables.pending().stream()
                    .filter(waitpoint -> !children.containsKey(waitpoint.id()))
                    .toList();
            if (pending.isEmpty()) {
                continue;
            }
            var one = pending.get(random.nextInt(pending.size()));
            var queued = tables.queued(one.runId());
            if (queued != null && queued.status != RunStatus.PAUSED) {
                reached.add(BadState.ANSWERED_BEFORE_THE_PAUSE);
            }
            complete(one);
            if (random.nextInt(3) == 0) {
                reached.add(BadState.ANSWERED_TWICE);
                if (complete(one)) {
                    broken.add(one + " was answered twice");
                }
            }
        }
    }

    private boolean complete(SimulatedTables.Waitpoint waitpoint) {
        var payload = RandomFlow.answer(random);
        if (!tables.complete(waitpoint.runId(), waitpoint.id(), payload)) {
            return false;
        }
        note(waitpoint.runId() + " is answered at " + waitpoint.id());
        answers.putIfAbsent(waitpoint.id(), payload);
        return true;
    }

    /** People say whether a call in doubt happened; they look whether it did. */
    private void decide() {
        while (true) {
            threads.await(() -> !questions.isEmpty());
            threads.sleep(upTo(Duration.ofSeconds(2)));
            var question = questions.removeFirst();
            var runId = question.runId();
            var ask = question.ask();
            var step = ask.path() + "/" + ask.attempt();
            var happened = sends.getOrDefault(runId, List.of()).stream()
                    .anyMatch(send -> send.step().equals(step));
            var record = happened
                    ? new JournalRecord.Finished(
                            ask.path(), ask.type(), StepStatus.SUCCEEDED, null, RandomFlow.answer(random), null, 0)
                    : new JournalRecord.Attempted(ask.path(), ask.attempt(), StepError.of("it did not happen"));
            if (tables.decide(runId, Doubt.key(runId, ask.path(), ask.attempt()), RunJournal.packed(record))) {
                note(runId + "/" + step + (happened ? " happened" : " did not happen") + ", somebody says");
                reached.add(happened ? BadState.TOLD_THAT_IT_HAPPENED : BadState.TOLD_THAT_IT_DID_NOT_HAPPEN);
                changed.add(runId);
            }
        }
    }

    /** While faults come, people also stop runs, and retry those that failed. */
    private void cancelAndRetry() {
        while (faulty) {
            threads.sleep(upTo(Duration.ofSeconds(20)));
            var runId = List.copyOf(programs.keySet()).get(random.nextInt(programs.size()));
            var ended = tables.runs().get(runId);
            if (tables.queued(runId) != null) {
                if (random.nextInt(3) == 0) {
                    cancel(runId);
                }
            } else if (ended != null && RunStatus.valueOf(ended.status()).mayBecome(RunStatus.QUEUED)) {
                retry(runId);
            }
        }
    }

    /** As {@code RunActions.Cancel.one}. */
    private void cancel(String runId) {
        var queued = tables.queued(runId);
        if (queued == null) {
            return;
        }
        note(runId + " is to be canceled");
        changed.add(runId);
        if (queued.owned()) {
            queued.cancelAsked = true;
        } else {
            reached.add(BadState.CANCELED_WHILE_IT_WAITED);
            tables.endCanceled(runId);
        }
    }

    /** The runs that processes are asked to stop; one that has lost its process is ended. */
    List<String> askedToCancel(SimulatedThreads.Machine machine) {
        if (isCut(machine)) {
            return List.of();
        }
        var asked = tables.queue().entrySet().stream()
                .filter(entry -> entry.getValue().cancelAsked)
                .map(Map.Entry::getKey)
                .toList();
        for (var runId : asked) {
            if (!Objects.requireNonNull(tables.queued(runId)).owned()) {
                cancel(runId);
            }
        }
        return asked;
    }

    private void retry(String runId) {
        note(runId + " is retried");
        reached.add(BadState.RETRIED_FROM_THE_FAILED_STEP);
        changed.add(runId);
        tables.requeue(
                runId,
                RunJournal.packed(began(payload(runId))),
                RunJournal.packed(new JournalRecord.Retried(trueTime().toEpochMilli())));
    }

    /** A run that a step calls; it comes to be with the pause of that step. */
    Effect.StartRun newChild(Instant created, String waitpointId) {
        var runId = newId("c");
        programs.put(runId, RandomFlow.create(random, false, storing()));
        payloads.put(runId, Json.object().setAll(RandomFlow.answer(random)));
        children.put(waitpointId, runId);
        return new Effect.StartRun(runId, created, "flow", began(payload(runId)), waitpointId);
    }

    String newId(String kind) {
        return kind + ++ids;
    }

    /** A moment that a run sleeps until, by the true time. */
    Instant soon() {
        return trueTime().plus(upTo(Duration.ofSeconds(20)));
    }

    /** A process's transaction: it is tried until its answer has come, also when it was done before. */
    <T> T transact(SimulatedThreads.Machine machine, Supplier<T> work) {
        while (true) {
            threads.sleep(upTo(Duration.ofMillis(5)));
            if (!isCut(machine)) {
                var result = work.get();
                place(machine, null);
                if (!isCut(machine) && (!faulty || random.nextInt(10) > 0)) {
                    return result;
                }
            }
            threads.sleep(Duration.ofMillis(200));
        }
    }

    /** What a step asks the database, outside any transaction of its run. */
    void lookUp(SimulatedThreads.Machine machine) {
        if (isCut(machine)) {
            reached.add(BadState.LOOKED_UP_WHILE_THE_DATABASE_WAS_AWAY);
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
        }
    }

    private boolean isCut(SimulatedThreads.Machine machine) {
        var until = cut.get(machine);
        return until != null && until.compareTo(threads.now()) > 0;
    }

    private void startProcess() {
        var machine = threads.machine();
        var id = "p" + ++born;
        var skew = Duration.ofMillis(random.nextLong(-3_600_000, 3_600_000));
        note(id + " starts");
        processes.put(machine, new SimulatedProcess(this, machine, id, skew));
    }

    private void call(String runId) {
        threads.sleep(upTo(Duration.ofSeconds(6)));
        callsLeft--;
        var serving =
                processes.values().stream().filter(SimulatedProcess::serves).toList();
        if (serving.isEmpty()) {
            return;
        }
        var process = serving.get(random.nextInt(serving.size()));
        var payload = payload(runId);
        if (random.nextBoolean()) {
            threads.start(process.machine(), () -> {
                if (process.accept(runId, program(runId), payload)) {
                    promise(runId, "accepted");
                }
            });
        } else {
            var atMost = upTo(Duration.ofSeconds(30));
            threads.start(process.machine(), () -> {
                switch (process.call(runId, program(runId), payload, atMost)) {
                    case Reply.Answered ignored -> promise(runId, "answered");
                    case Reply.TimedOut ignored -> promise(runId, "goes on");
                    case Reply.Ended(var status) -> {
                        if (status != RunStatus.INTERNAL_ERROR) {
                            promise(runId, "ended");
                        }
                    }
                    case Reply.NoRoom ignored -> {}
                    case Reply.Lost ignored -> {}
                }
            });
        }
    }

    private void promise(String runId, String what) {
        note(runId + " " + what);
        promised.add(runId);
        if (tables.queued(runId) == null && !tables.runs().containsKey(runId)) {
            broken.add(runId + " is not durable, but its caller was told that it was " + what);
        }
    }

    private void fault() {
        if (processes.isEmpty()) {
            return;
        }
        faultsLeft--;
        var machine = List.copyOf(processes.keySet()).get(random.nextInt(processes.size()));
        switch (random.nextInt(6)) {
            case 0, 1 -> kill(machine);
            case 2 -> freeze(machine);
            case 3 -> cut(machine, upTo(Duration.ofSeconds(12)));
            case 4 -> {
                clockJump = clockJump.plus(Duration.ofMillis(random.nextLong(-20_000, 20_000)));
                jumped = true;
                note("the database's clock jumps to " + clockJump);
            }
            default -> {
                note("the database restarts");
                List.copyOf(processes.keySet()).forEach(each -> cut(each, Duration.ofMillis(500)));
            }
        }
    }

    private void kill(SimulatedThreads.Machine machine) {
        var process = Objects.requireNonNull(processes.remove(machine));
        note(process.id() + " is killed");
        threads.kill(machine);
    }

    private void freeze(SimulatedThreads.Machine machine) {
        var duration = upTo(Duration.ofSeconds(20));
        note(nameOf(machine) + " freezes for " + duration);
        threads.freeze(machine, duration);
    }

    private void cut(SimulatedThreads.Machine machine, Duration duration) {
        note(nameOf(machine) + " is cut off for " + duration);
        cut.put(machine, threads.now().plus(duration));
    }

    private String nameOf(SimulatedThreads.Machine machine) {
        return Objects.requireNonNull(processes.get(machine)).id();
    }

    private void heal() {
        note("the faults end");
        faulty = false;
        cut.clear();
        processes.keySet().forEach(threads::wake);
        startProcess();
    }

    private boolean quiet() {
        return callsLeft == 0
                && tables.queue().isEmpty()
                && processes.values().stream().allMatch(SimulatedProcess::idle);
    }

    // ---- what processes see of the world

    SimulatedThreads threads() {
        return threads;
    }

    SimulatedTables tables() {
        return tables;
    }

    Instant trueTime() {
        return START.plus(threads.now());
    }

    Program program(String runId) {
        return Objects.requireNonNull(programs.get(runId));
    }

    private ObjectNode payload(String runId) {
        return Objects.requireNonNull(payloads.get(runId));
    }

    static JournalRecord.Began began(ObjectNode payload) {
        return new JournalRecord.Began("version", RunEnvironment.PRODUCTION, "UTC", payload, Json.object(), null);
    }

    Waits waits(SimulatedThreads.Machine machine) {
        var honest = threads.waits(machine);
        return new Waits() {
            @Override
            public long nanos() {
                return honest.nanos();
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                if (threads.inRun() && duration.compareTo(LONGEST_LOOK_AT_THE_LEASE) < 0) {
                    reached.add(BadState.EFFECT_WAITED_FOR_THE_LEASE);
                }
                honest.sleep(duration);
            }

            @Override
            @SuppressWarnings("unchecked")
            public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
                return mutation == Mutation.NO_BARRIER && threads.inRun()
                        ? (T) JournalWriter.Outcome.DURABLE
                        : honest.await(future);
            }

            @Override
            public <T> T await(CompletableFuture<T> future, Duration atMost)
                    throws InterruptedException, ExecutionException, TimeoutException {
                return honest.await(future, atMost);
            }
        };
    }

    /** A thread that completes the reply when the caller has waited long enough. */
    void timer(SimulatedThreads.Machine machine, Duration deadline, CompletableFuture<Reply> reply) {
        threads.start(machine, () -> {
            threads.sleep(deadline.minus(threads.now()));
            reply.complete(new Reply.TimedOut());
        });
    }

    void died(SimulatedProcess process) {
        note(process.id() + " can't start");
        processes.remove(process.machine());
        threads.kill(process.machine());
    }

    ObjectNode answer() {
        return RandomFlow.answer(random);
    }

    boolean fails() {
        return random.nextInt(4) == 0;
    }

    /** A moment at which the process may die or freeze. */
    void place(SimulatedThreads.Machine machine, @Nullable BadState ifItDies) {
        if (faulty && faultsLeft > 0 && random.nextInt(calm) == 0) {
            faultsLeft--;
            if (random.nextInt(3) > 0) {
                kill(machine);
                if (ifItDies != null) {
                    reached.add(ifItDies);
                }
            } else {
                freeze(machine);
            }
        }
        threads.sleep(upTo(Duration.ofMillis(random.nextInt(8) == 0 ? 1_500 : 5)));
    }

    /** An effect happens. */
    void sent(SimulatedProcess by, String key, JsonNode input, Duration asked) {
        var runId = key.substring(0, key.indexOf('/'));
        var step = key.substring(key.indexOf('/') + 1);
        var path = step.substring(0, step.lastIndexOf('/'));
        note(by.id() + " sends " + key);
        var queued = tables.queued(runId);
        var owned = queued != null && by.names().contains(queued.processId);
        var ended = hasEnded(runId, path, step);
        if (!owned || ended) {
            reached.add(BadState.ZOMBIE_EFFECT);
            if (threads.now().minus(asked).compareTo(LEASE_MARGIN) < 0 && !jumped) {
                broken.add(by.id() + " was not frozen and sent " + key
                        + (ended ? ", whose end is durable" : ", which is not its own"));
            }
        }
        var earlier = sends.computeIfAbsent(runId, id -> new ArrayList<>());
        if (earlier.stream().anyMatch(send -> send.step().equals(step))) {
            reached.add(BadState.EFFECT_REPEATED);
        }
        earlier.add(new Send(path, step, input));
    }

    private boolean hasEnded(String runId, String path, String step) {
        var records = records(runId, tables.documents(runId));
        return records.stream().anyMatch(record -> switch (record) {
            case JournalRecord.Finished done ->
                done.path().equals(path) && (done.status() == StepStatus.SUCCEEDED || !(changed.contains(runId)));
            case JournalRecord.Attempted tried -> step.equals(tried.path() + "/" + tried.attempt());
            default -> false;
        });
    }

    /** A process begins to work on a run that it has claimed. */
    void takenUp(RunTables.Claimed claimed, List<JournalRecord> records) {
        var runId = claimed.runId();
        var waiting = Replay.of(records).waiting();
        if (waiting != null && claimed.takeovers() > 0) {
            reached.add(BadState.TAKEN_UP_TWICE_AFTER_A_PAUSE);
        }
        note(runId + " is taken up, in doubt: " + Replay.of(records).inDoubt());
        if (!records.isEmpty()
                && (records.getLast() instanceof JournalRecord.Attempted
                        || records.getLast() instanceof JournalRecord.BackingOff)) {
            reached.add(BadState.CRASH_BETWEEN_TWO_ATTEMPTS);
        }
    }

    /** What the server lists. */
    @Override
    public void note(ActiveRun run, Command.InDoubt doubt) {
        threads.sleep(upTo(Duration.ofMillis(5)));
        doubts.merge(Doubt.key(run.id(), doubt.path(), doubt.attempt()), 1, Integer::sum);
        if (doubt.choice() == OnInDoubt.FAIL) {
            reached.add(BadState.FAILED_BY_A_DOUBT);
            // Its log says that the call failed, and nobody knows.
            changed.add(run.id());
        }
    }

    @Override
    public void ask(ActiveRun run, Command.Ask ask) {
        var machine = machineOf(run.journal().processId());
        transact(machine, () -> {
            var doubt = Doubt.key(run.id(), ask.path(), ask.attempt());
            if (tables.leave(run.id(), run.journal().processId(), doubt)) {
                note(run.id() + " asks about " + ask.path());
                reached.add(BadState.ASKED_ABOUT_A_DOUBT);
                doubts.merge(doubt, 1, Integer::sum);
                questions.add(new Question(run.id(), ask));
            }
            return true;
        });
    }

    private SimulatedThreads.Machine machineOf(String name) {
        return processes.entrySet().stream()
                .filter(entry -> entry.getValue().names().contains(name))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    List<JournalRecord> records(String runId, List<byte[]> documents) {
        return JournalReader.read(documents, (path, part) -> tables.blob(runId, path, part));
    }

    private byte[] withoutIntents(byte[] document) {
        var out = new ByteArrayOutputStream();
        out.write(1);
        records("", List.of(document)).stream()
                .filter(record -> !(record instanceof JournalRecord.Intent))
                .forEach(record -> RecordCodec.write(out, record, false));
        return out.toByteArray();
    }

    // ---- the way to the database

    RunSession session(SimulatedThreads.Machine machine) {
        return new RunSession(tables, new Link(machine));
    }

    /** A connection over a network: statements and their answers travel, and get lost. */
    private final class Link implements DedicatedWriter {
        private static final Connection NONE = (Connection) Proxy.newProxyInstance(
                Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    throw new IllegalStateException("the simulated database has no connection");
                });
        private final SimulatedThreads.Machine machine;

        Link(SimulatedThreads.Machine machine) {
            this.machine = machine;
        }

        @Override
        public <T> T write(SqlWork<T> work) throws SQLException {
            var sender = Objects.requireNonNull(processes.get(machine));
            var process = sender.id();
            var known = sender.names().stream().anyMatch(tables::knows);
            var late = faulty && faultsLeft > 0 && random.nextInt(10 * calm) == 0;
            if (late) {
                faultsLeft--;
                executeLate(process, work);
            }
            travel();
            if (late || isCut()) {
                throw lost(process);
            }
            var refused = tables.refusedFlushes();
            var refusedBeats = tables.refusedHeartbeats();
            var answer = work.on(NONE);
            if (tables.refusedFlushes() > refused) {
                note("a flush of " + process + " is refused");
                reached.add(known ? BadState.TAKEOVER_DURING_FLUSH : BadState.ZOMBIE_FLUSH_REFUSED);
            }
            if (tables.refusedHeartbeats() > refusedBeats) {
                note(process + " hears that it was declared dead");
                reached.add(BadState.LIVING_PROCESS_DECLARED_DEAD);
            }
            var unheard = switch (tables.lastStatement()) {
                case FLUSH -> BadState.FLUSH_WITHOUT_ACKNOWLEDGEMENT;
                case CLAIM -> BadState.CLAIM_WITHOUT_ACKNOWLEDGEMENT;
                case OTHER -> null;
            };
            place(machine, unheard);
            if (isCut() || (faulty && faultsLeft > 0 && random.nextInt(10 * calm) == 0)) {
                if (unheard != null) {
                    reached.add(unheard);
                }
                throw lost(process);
            }
            return answer;
        }

        @Override
        public void close() {}

        private void travel() {
            threads.sleep(upTo(Duration.ofMillis(random.nextInt(20) == 0 ? 3_000 : 5)));
        }

        private boolean isCut() {
            return Simulation.this.isCut(machine);
        }

        private SQLException lost(String process) {
            note(process + " loses a connection");
            return new SQLException("the connection was lost", "08006");
        }

        /** The statement has arrived, and waits for a lock or a disk after its sender is gone. */
        private void executeLate(String process, SqlWork<?> work) {
            threads.start(outside, () -> {
                threads.sleep(upTo(Duration.ofSeconds(15)));
                note("a statement of " + process + " is executed late");
                reached.add(BadState.STATEMENT_EXECUTED_LATE);
                try {
                    work.on(NONE);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    // ---- the checks

    private void check(String runId) {
        var row = tables.runs().get(runId);
        var effects = sends.getOrDefault(runId, List.of());
        var queued = tables.queued(runId);
        if (queued != null) {
            broken.add(runId + " has not ended; its owner is " + queued.processId);
        } else if (row == null) {
            if (promised.contains(runId)) {
                broken.add(runId + " was accepted and is gone");
            }
            if (!effects.isEmpty()) {
                broken.add(runId + " had effects and is gone");
            }
        } else {
            checkEnded(runId, row, effects);
        }
    }

    private void checkEnded(String runId, RunFlush.RunRow row, List<Send> effects) {
        var records = records(runId, tables.documents(runId));
        checkCounts(runId, effects);
        checkSent(runId, records, effects);
        checkWaits(runId, records);
        if (row.status().equals(RunStatus.INTERNAL_ERROR.name())) {
            reached.add(BadState.RUN_TAKEN_OVER_TOO_OFTEN);
            if (!String.valueOf(row.internalError()).contains(SimulatedProcess.TOO_OFTEN)) {
                broken.add(runId + " ended by " + row.internalError());
            }
        } else if (row.status().equals(RunStatus.CANCELED.name())) {
            if (records.stream()
                    .anyMatch(record -> record instanceof JournalRecord.Finished done
                            && done.error() != null
                            && Json.text(done.error()).contains("canceled"))) {
                reached.add(BadState.CANCELED_WHILE_IT_RAN);
            }
        } else if (!changed.contains(runId) && records.stream().noneMatch(JournalRecord.Paused.class::isInstance)) {
            checkTold(runId, row, effects);
        }
    }

    /** Nothing is sent without an intent, and everything in the order of the intents. */
    private void checkSent(String runId, List<JournalRecord> records, List<Send> effects) {
        var intents = records.stream()
                .filter(JournalRecord.Intent.class::isInstance)
                .map(record -> (JournalRecord.Intent) record)
                .map(intent -> intent.path() + "/" + intent.attempt())
                .distinct()
                .toList();
        int before = -1;
        var inputs = new HashMap<String, JsonNode>();
        for (var send : effects) {
            var earlier = inputs.putIfAbsent(send.step(), send.input());
            if (earlier != null) {
                if (!earlier.equals(send.input())) {
                    broken.add(runId + "/" + send.step() + " was sent " + earlier + " and " + send.input());
                }
                continue;
            }
            var place = intents.indexOf(send.step());
            if (place >= 0 && doubts.containsKey(runId + "/" + send.step())) {
                // The process that was taken for dead may send it late, when the run has gone on without.
                continue;
            }
            if (place <= before) {
                broken.add(runId + " sent " + send.step() + " out of the order of its intents " + intents);
            }
            before = place;
        }
    }

    /** Each wait ends once, with the first answer; what was called came to be once. */
    private void checkWaits(String runId, List<JournalRecord> records) {
        var open = new HashMap<String, JournalRecord.Paused>();
        var succeeded = new java.util.HashSet<String>();
        for (var record : records) {
            switch (record) {
                case JournalRecord.Paused paused -> {
                    open.put(paused.path(), paused);
                    var child = children.get(paused.waitpointId());
                    if (child != null) {
                        checkCalled(runId, child);
                    }
                }
                case JournalRecord.Resumed resumed -> {
                    var paused = open.remove(resumed.path());
                    var answer = paused == null ? null : answers.get(paused.waitpointId());
                    if (paused == null) {
                        broken.add(runId + " goes on at " + resumed.path() + ", where it did not wait");
                    } else if (answer != null && !answer.equals(resumed.payload())) {
                        broken.add(runId + " goes on with " + resumed.payload() + ", it was told " + answer);
                    }
                }
                case JournalRecord.Finished done
                when done.status() == StepStatus.SUCCEEDED -> {
                    if (!succeeded.add(done.path())) {
                        broken.add(runId + " has two ends of " + done.path());
                    }
                }
                default -> {}
            }
        }
    }

    private void checkCalled(String runId, String child) {
        if (!tables.runs().containsKey(child) && tables.queued(child) == null) {
            broken.add(runId + " called " + child + ", which never came to be");
        } else {
            reached.add(BadState.CALLED_RUN_ENDED);
        }
    }

    /** Every step that stored itself is there once, where it says that it is, and nobody else. */
    private void checkStore() {
        var stored = tables.entry(ENTRY);
        var list = stored == null ? Json.array() : Json.read(stored);
        int told = 0;
        for (var runId : programs.keySet()) {
            for (var record : records(runId, tables.documents(runId))) {
                if (record instanceof JournalRecord.Finished done
                        && done.output() != null
                        && done.output().has(NTH)) {
                    told++;
                    var me = runId + "/" + done.path();
                    var there = list.path(done.output().path(NTH).asInt() - 1).asText();
                    if (!there.equals(me)) {
                        broken.add(me + " says that it stored itself at "
                                + done.output().path(NTH) + ", where " + there + " is");
                    }
                }
            }
        }
        if (told != list.size()) {
            broken.add(told + " steps say that they stored themselves, the store holds " + list);
        }
    }

    private void checkCounts(String runId, List<Send> effects) {
        var counts = new LinkedHashMap<String, Integer>();
        effects.forEach(send -> counts.merge(send.step(), 1, Integer::sum));
        counts.forEach((step, count) -> {
            var allowed = 1 + doubts.getOrDefault(runId + "/" + step, 0);
            if (count > allowed) {
                broken.add(runId + "/" + step + " was sent " + count + " times instead of at most " + allowed);
            }
        });
    }

    private void checkTold(String runId, RunFlush.RunRow row, List<Send> effects) {
        var counts = new LinkedHashMap<String, Integer>();
        effects.forEach(send -> counts.merge(send.step(), 1, Integer::sum));
        var told = new Telling(runId);
        var status = told.end == null ? "no end" : told.end.status().name();
        if (!row.status().equals(status)) {
            broken.add(runId + " ended " + row.status() + ", its journal says " + status);
        }
        var order = List.copyOf(counts.keySet());
        var steps = List.copyOf(told.effects.keySet());
        var beforeOpen = told.end == null && !steps.isEmpty() ? steps.subList(0, steps.size() - 1) : steps;
        if (!order.equals(steps) && !order.equals(beforeOpen)) {
            broken.add(runId + " had the effects " + order + ", its journal tells " + steps);
        }
        for (var send : effects) {
            var input = told.effects.get(send.step());
            if (input != null && !input.equals(send.input())) {
                broken.add(runId + "/" + send.step() + " was sent " + send.input() + ", its journal tells " + input);
            }
        }
    }

    /** The run as its journal tells it: the engine anew, with the recorded answers. */
    private final class Telling {
        /** The inputs of the effects, by {@code path/attempt}. */
        final Map<String, JsonNode> effects = new LinkedHashMap<>();

        final Command.@Nullable End end;
        private final Map<String, JournalRecord.Finished> finished = new HashMap<>();
        private final Map<String, JournalRecord.Attempted> attempted = new HashMap<>();

        Telling(String runId) {
            for (var record : records(runId, tables.documents(runId))) {
                if (record instanceof JournalRecord.Finished done && finished.put(done.path(), done) != null) {
                    broken.add(runId + " has two ends of " + done.path());
                } else if (record instanceof JournalRecord.Attempted tried) {
                    attempted.put(tried.path() + "/" + tried.attempt(), tried);
                }
            }
            var execution = new Execution(program(runId), payload(runId), Replay.none());
            Event event = new Event.Begin();
            Command command = execution.next(event);
            while (!(command instanceof Command.End) && event != null) {
                event = answer(command);
                command = event == null ? command : execution.next(event);
            }
            end = command instanceof Command.End ended ? ended : null;
        }

        private @Nullable Event answer(Command command) {
            return switch (command) {
                case Command.Reply ignored -> new Event.Replied();
                case Command.BackOff ignored -> new Event.Waited();
                case Command.CallCode code -> result(code, responseOf(code));
                case Command.CallPiece piece -> {
                    if (RandomFlow.effectful(piece.step().actionName())) {
                        effects.put(piece.path() + "/" + piece.attempt(), piece.input());
                    }
                    yield result(piece, null);
                }
                default -> throw new IllegalStateException("nothing asks for " + command);
            };
        }

        private static @Nullable Response responseOf(Command.CallCode code) {
            return code.step().source().isEmpty() ? null : new Response(200, Map.of(), Json.object());
        }

        private @Nullable Event result(Command.Call call, @Nullable Response response) {
            var tried = attempted.get(call.path() + "/" + call.attempt());
            if (tried != null) {
                return new Event.Called(new StepResult.Failed(tried.error()), 0);
            }
            var done = finished.get(call.path());
            if (done == null) {
                return null;
            }
            if (done.status() == StepStatus.FAILED) {
                return new Event.Called(
                        new StepResult.Failed(new StepError("no", Objects.requireNonNull(done.error()))), 0);
            }
            var stops = call instanceof Command.CallCode code
                    && code.step().source().equals(RandomFlow.STOP);
            return new Event.Called(
                    new StepResult.Succeeded(Objects.requireNonNull(done.output()), response, stops), 0);
        }
    }

    private Duration upTo(Duration longest) {
        return Duration.ofNanos(random.nextLong(longest.toNanos() + 1));
    }

    private void note(String event) {
        history.add(threads.now() + " " + event);
    }
}
