package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import millrace.access.Access;
import millrace.access.Patience;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.config.RunSettings;
import millrace.connection.ConnectionService;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.RunTables;
import millrace.database.Tx;
import millrace.definition.OnInDoubt;
import millrace.definition.Trigger;
import millrace.dispatch.Dispatch;
import millrace.engine.Command;
import millrace.engine.ErrorCode;
import millrace.engine.Execution;
import millrace.engine.FailedStep;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.Program;
import millrace.engine.Replay;
import millrace.engine.RunLog;
import millrace.engine.StepError;
import millrace.engine.StepStatus;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import millrace.journal.JournalReader;
import millrace.journal.JournalWriter;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import millrace.journal.Waits;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts runs and shows them. A run is accepted durably before {@link #accept} returns; {@link #call} starts one whose
 * caller waits for the answer.
 */
public final class RunService implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RunService.class);
    private static final int MAX_TAKEOVERS = 3;
    /** How old a run is before it gets a row of its own while it goes on. */
    private static final Duration RECORD_AFTER = Duration.ofSeconds(1);
    /** How long a finished step may wait for its commit while the next one runs. */
    private static final Duration FLUSH_AFTER = Duration.ofMillis(50);

    private static final Duration ACCEPTED_WITHIN = Duration.ofSeconds(30);
    /** About how much of what happened inside loops one answer shows. */
    private static final long MOST_SHOWN_BYTES = 32L << 20;

    /** How long calls under way and waiting callers have when the process stops. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final Duration HAND_OVER_EVERY = Duration.ofMillis(20);
    /** How long a caller whose time is over waits for its run to be durable. */
    private static final Duration LAST_CALL = Duration.ofMillis(500);

    private final Database database;
    private final Access access;
    private final Dispatch dispatch;
    private final RunDriver driver;
    private final Programs programs;
    private final StepTested tested;
    private final RunSettings settings;
    private final InstantSource clock;
    private final Ids ids;
    private final ProjectLimit limit;
    private final RunStore runs = new RunStore();
    private final ProgressStore changes = new ProgressStore();
    private final RunListStore lists = new RunListStore();
    private final DoubtStore doubts = new DoubtStore();
    private final WaitpointStore waitpoints = new WaitpointStore();
    private final ConcurrentHashMap<String, Active> active = new ConcurrentHashMap<>();
    /** Who waits in this process for the next answer of a run, also while the run is paused. */
    private final ConcurrentHashMap<String, CompletableFuture<Reply>> callers = new ConcurrentHashMap<>();

    private final Thread keeper;
    private volatile boolean closing;

    private record Active(ActiveRun run, Thread thread, long startedNanos) {}

    /**
     * @param versions finds the document of a flow version, whoever asks
     * @param tested told of every step that was tested alone and succeeded
     */
    public RunService(
            Database database,
            Access access,
            Dispatch dispatch,
            Calls calls,
            ConnectionService connections,
            Function<String, Optional<Trigger>> versions,
            StepTested tested,
            RunSettings settings,
            InstantSource clock,
            Ids ids) {
        this.database = database;
        this.access = access;
        this.dispatch = dispatch;
        this.driver = new RunDriver(
                new ListedDoubts(),
                calls,
                connections,
                settings,
                clock,
                callers::containsKey,
                dispatch::wake,
                this::tellTested,
                Waits.SYSTEM);
        this.programs = new Programs(versions, calls);
        this.tested = tested;
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
        this.limit = new ProjectLimit(database, settings.perProject());
        this.keeper = Thread.ofVirtual().name("run-keeper").start(this::keepLastingRuns);
        dispatch.start(this::resume);
    }

    /**
     * Accepts a run: when this returns, the run is durable and will end, whatever becomes of this process.
     *
     * @return the run's id
     */
    public String accept(RunStart start) throws InterruptedException {
        return accept(start, ACCEPTED_WITHIN);
    }

    /**
     * {@link #accept(RunStart)} within a time of the caller's.
     *
     * @throws MillraceException DATABASE_UNAVAILABLE when the database has not taken the run by then; it makes no run
     *     unless its commit was under way
     */
    public String accept(RunStart start, Duration atMost) throws InterruptedException {
        var now = clock.instant();
        var header = header(start, now);
        var began = began(start);
        var left = Patience.current().isPresent() ? database.patience() : atMost;
        var counted = limit.counts(start.environment());
        dispatch.rush().arrived();
        try {
            if (!counted && !dispatch.rush().on() && dispatch.tryEnter()) {
                var journal = RunJournal.begin(dispatch.writer(), header, began, now);
                launch(journal, began, new CompletableFuture<>(), () -> {});
                Acceptance.await(Waits.SYSTEM, journal, database::park, left);
                return header.runId();
            }
            Acceptance.write(dispatch.writer(), header, began, database::park, left);
        } finally {
            dispatch.rush().left();
        }
        if (counted) {
            dispatch.wake();
        } else {
            dispatch.announce();
        }
        return header.runId();
    }

    /**
     * Runs a flow whose caller waits. Nothing is durable before the run's first barrier or its end; the answer is given
     * only after that.
     *
     * @param atMost how long the caller waits; the run goes on after that
     */
    public Reply call(RunStart start, Duration atMost) throws InterruptedException {
        var left = Patience.current().isPresent() ? database.patience() : atMost;
        var deadline = System.nanoTime() + left.toNanos();
        if (!dispatch.tryEnter() && !dispatch.enter(left)) {
            return database.away() ? new Reply.Lost() : new Reply.NoRoom();
        }
        var now = clock.instant();
        var header = header(start, now);
        if (!limit.counts(start.environment())) {
            return call(start, header, now, deadline, () -> {});
        }
        var room = false;
        try {
            room = limit.tryEnter(header.projectId(), header.runId());
        } finally {
            if (!room) {
                dispatch.leave();
            }
        }
        return room
                ? call(start, header, now, deadline, () -> limit.leave(header.projectId(), header.runId()))
                : new Reply.NoRoom();
    }

    /** Holds a slot, which the run gives back, and then runs {@code ended}. */
    private Reply call(RunStart start, RunHeader header, Instant now, long deadline, Runnable ended)
            throws InterruptedException {
        var began = began(start);
        var journal = RunJournal.begin(dispatch.writer(), header, began, now);
        if (limit.counts(start.environment())) {
            // Whoever claims for this project counts it too.
            journal.record();
        }
        var runId = header.runId();
        var reply = expectReply(runId);
        try {
            launch(journal, began, reply, ended);
            return reply.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return goingOn(journal);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a reply failed", e);
        } finally {
            forgetCaller(runId, reply);
        }
    }

    /** A caller who is told that the run goes on relies on it: it must survive this process. */
    private static Reply goingOn(RunJournal journal) throws InterruptedException {
        try {
            return journal.record().get(LAST_CALL.toMillis(), TimeUnit.MILLISECONDS) == JournalWriter.Outcome.DURABLE
                    ? new Reply.TimedOut()
                    : new Reply.Lost();
        } catch (TimeoutException e) {
            journal.recall();
            return new Reply.Lost();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the run " + journal.header().runId() + " was refused", e.getCause());
        }
    }

    /** Completed with the next answer of the run, if it goes on in this process; given up by {@link #forgetCaller}. */
    CompletableFuture<Reply> expectReply(String runId) {
        return callers.compute(
                runId, (id, other) -> other == null || other.isDone() ? new CompletableFuture<>() : other);
    }

    void forgetCaller(String runId, CompletableFuture<Reply> reply) {
        callers.remove(runId, reply);
        if (reply.isDone()) {
            return;
        }
        try {
            database.transact(tx -> waitpoints.forgetCaller(tx, runId, dispatch.processId()));
        } catch (MillraceException away) {
            log.atWarn()
                    .addKeyValue("runId", runId)
                    .log("the run stays bound to this process, its caller's: {}", away.getMessage());
        }
    }

    String processId() {
        return dispatch.processId();
    }

    /** A run may have become free. */
    void wake() {
        dispatch.wake();
    }

    private RunHeader header(RunStart start, Instant now) {
        return new RunHeader(
                ids.runId(now),
                start.projectId(),
                start.flowId(),
                start.flowVersionId(),
                start.environment().name(),
                now,
                start.priority(),
                start.parent() == null ? null : start.parent().runId(),
                start.parent() == null || start.parent().failsWithIt(),
                null,
                start.triggeredBy(),
                start.origin().test() == null ? null : start.origin().test().stepName());
    }

    private static JournalRecord.Began began(RunStart start) {
        return new JournalRecord.Began(
                start.flowVersionId(),
                start.environment(),
                "UTC",
                start.payload(),
                start.triggerInput(),
                start.draft(),
                start.origin());
    }

    /** Takes up a run that this process has claimed from the queue. */
    private void resume(RunTables.Claimed claimed, JournalWriter writer) {
        Thread.ofVirtual().name("run-" + claimed.runId()).start(() -> {
            try {
                takeUp(claimed, writer);
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                log.atError().addKeyValue("runId", claimed.runId()).setCause(e).log("a claimed run was not taken up");
            } finally {
                dispatch.leave(claimed, writer);
            }
        });
    }

    /** The doubts of this database. */
    private final class ListedDoubts implements RunDriver.Doubts {
        @Override
        public void note(ActiveRun run, Command.InDoubt doubt) {
            database.transact(tx -> doubts.note(
                    tx, run.projectId(), run.id(), doubt.path(), doubt.attempt(), doubt.type(), doubt.choice()));
        }

        @Override
        public void ask(ActiveRun run, Command.Ask ask) {
            database.transact(tx -> {
                if (doubts.leave(tx, run.id(), run.journal().processId(), ask.path(), ask.attempt())) {
                    doubts.note(tx, run.projectId(), run.id(), ask.path(), ask.attempt(), ask.type(), OnInDoubt.ASK);
                }
            });
        }
    }

    private void takeUp(RunTables.Claimed claimed, JournalWriter writer) throws InterruptedException {
        var row = claimed.row();
        var header = RunHeader.of(claimed);
        JournalReader.Blobs blobs = (path, part) -> database.read(tx -> runs.blob(tx, claimed.runId(), path, part));
        var began = (JournalRecord.Began)
                JournalReader.read(List.of(row.doc()), blobs).getFirst();
        var program = programs.of(began);
        var replay = Replay.of(program.orElse(Program.empty()));
        replay(claimed, blobs, replay);
        var startTime = row.startTime() == null ? clock.instant() : row.startTime();
        var journal = RunJournal.accepted(
                writer,
                header,
                began,
                startTime,
                claimed.nextSeq(),
                claimed.nextSeq() == 0
                        ? 0
                        : RunDriver.patiently(() -> database.read(tx -> runs.storedBytes(tx, claimed.runId()))),
                replay.tags());
        if (row.recorded() && claimed.waitpointId() == null) {
            // Its row may say QUEUED.
            journal.record();
        }
        var resumed = resumed(claimed, replay.waiting());
        if (resumed != null) {
            journal.append(List.of(resumed));
            replay.add(resumed);
        }
        if (claimed.takeovers() > 0 && takenOverTooOften(claimed, replay)) {
            var step = replay.position();
            var run = activeRun(journal, Program.empty(), Replay.none(), began, new CompletableFuture<>());
            driver.endBroken(
                    run,
                    "the run was taken over " + MAX_TAKEOVERS + " times in the step " + step,
                    new FailedStep(step, step, "The process ended " + MAX_TAKEOVERS + " times in this step."));
            return;
        }
        var caller = callers.get(claimed.runId());
        launchHere(journal, program, replay, began, caller == null ? new CompletableFuture<>() : caller);
    }

    /** Hands over the run's records document by document: a long run's are never in memory together. */
    private void replay(RunTables.Claimed claimed, JournalReader.Blobs blobs, Replay replay)
            throws InterruptedException {
        var documents = claimed.journal();
        for (int seq = 0; !documents.isEmpty(); ) {
            for (var document : documents) {
                RunDriver.patiently(() -> JournalReader.read(List.of(document), blobs))
                        .forEach(replay::add);
            }
            seq += documents.size();
            var next = seq;
            documents = seq < claimed.nextSeq()
                    ? RunDriver.patiently(() -> database.read(tx -> runs.documentsFrom(tx, claimed.runId(), next)))
                    : List.of();
        }
    }

    /** Why a paused run goes on; null for one that is not paused, or was woken for nothing. */
    private JournalRecord.@Nullable Resumed resumed(RunTables.Claimed claimed, JournalRecord.@Nullable Paused waiting)
            throws InterruptedException {
        if (waiting == null) {
            return null;
        }
        var settled = RunDriver.patiently(() -> database.transaction(
                tx -> waitpoints.settle(tx, claimed.runId(), waiting.waitpointId(), claimed.due())));
        return settled.map(end -> new JournalRecord.Resumed(
                        waiting.path(),
                        end.payload(),
                        end.payload() == null && waiting.until() == null ? driver.pausedTooLong() : null))
                .orElse(null);
    }

    /** Counts takeovers in the same step; a run that kills its process each time must not do so for ever. */
    private boolean takenOverTooOften(RunTables.Claimed claimed, Replay replay) throws InterruptedException {
        var position = replay.position();
        if (position.equals(claimed.takeoverPath())) {
            return claimed.takeovers() >= MAX_TAKEOVERS;
        }
        RunDriver.patiently(() -> database.transaction(tx -> {
            runs.countTakeoversAnew(tx, claimed.runId(), position);
            return position;
        }));
        return false;
    }

    /** Starts a run that nobody has seen yet; after it come {@code ended} and the caller's slot. */
    private void launch(RunJournal journal, JournalRecord.Began began, CompletableFuture<Reply> reply, Runnable ended) {
        Optional<Program> program;
        try {
            program = programs.of(began);
        } catch (RuntimeException e) {
            ended.run();
            dispatch.leave();
            throw e;
        }
        Thread.ofVirtual().name("run-" + journal.header().runId()).start(() -> {
            try {
                launchHere(journal, program, Replay.none(), began, reply);
            } finally {
                ended.run();
                dispatch.leave();
            }
        });
    }

    private void launchHere(
            RunJournal journal,
            Optional<Program> program,
            Replay replay,
            JournalRecord.Began began,
            CompletableFuture<Reply> reply) {
        var run = activeRun(journal, program.orElse(Program.empty()), replay, began, reply);
        var one = new Active(run, Thread.currentThread(), System.nanoTime());
        active.put(run.id(), one);
        try {
            if (closing) {
                driver.handOver(run);
                return;
            }
            if (program.isEmpty()) {
                driver.endMissingVersion(run);
            } else {
                driver.drive(run);
            }
        } finally {
            // A process that was declared dead can have claimed its own run again.
            active.remove(run.id(), one);
        }
    }

    private ActiveRun activeRun(
            RunJournal journal,
            Program program,
            Replay replay,
            JournalRecord.Began began,
            CompletableFuture<Reply> reply) {
        var contextKey = began.draft() == null
                ? began.flowVersionId()
                : "draft-" + journal.header().runId();
        return new ActiveRun(
                journal,
                Execution.of(program, began, replay),
                contextKey,
                System.nanoTime() + settings.timeout().toNanos(),
                new Cancellation(),
                reply);
    }

    /** Tells what a step gave that was tested alone, before its run is seen to have ended. */
    private void tellTested(ActiveRun run, List<JournalRecord> last) {
        var header = run.journal().header();
        var stepName = header.stepNameToTest();
        if (stepName == null) {
            return;
        }
        var log = RunLog.open(Integer.MAX_VALUE, Long.MAX_VALUE);
        database.read(tx -> runs.find(tx, Scope.project(header.projectId()), header.runId()))
                .ifPresent(found -> eachRecord(found, 0, (seq, at, record) -> {
                    log.add(record);
                    return true;
                }));
        last.forEach(log::add);
        var step = log.steps().path(stepName);
        tested.tested(header, stepName, step.get("input"), step.get("output"));
    }

    /** Hears of steps that were tested alone and succeeded. */
    @FunctionalInterface
    public interface StepTested {
        /**
         * @param run names project, flow and version
         * @param input as the log shows it: censored; null when there is none
         * @param output null when there is none
         */
        void tested(RunHeader run, String stepName, @Nullable JsonNode input, @Nullable JsonNode output);
    }

    /**
     * Commits what a run has finished while its next step takes long, and gives runs that last a row of their own, so
     * that lists show them; ends when the service closes.
     */
    private void keepLastingRuns() {
        var after = RECORD_AFTER.toNanos();
        while (!closing) {
            try {
                Thread.sleep(FLUSH_AFTER);
            } catch (InterruptedException e) {
                return;
            }
            var now = System.nanoTime();
            for (var one : active.values()) {
                var journal = one.run().journal();
                if (now - one.startedNanos() > after && !journal.recorded()) {
                    journal.record();
                } else {
                    journal.flushOlderThan(FLUSH_AFTER);
                }
            }
        }
    }

    /**
     * The runs of a project, newest first; those that the filter wants in doubt name their doubts.
     *
     * @throws MillraceException AUTHORIZATION for a project that is not the principal's
     */
    public SeekPage<FlowRun> page(Principal principal, RunFilter filter, PageRequest page) {
        access.require(principal, Permission.READ_RUN, filter.projectId());
        return database.list(tx -> {
            var found = lists.page(tx, filter, page, clock.instant());
            return filter.inDoubt() ? withDoubts(tx, filter.projectId(), found) : found;
        });
    }

    private SeekPage<FlowRun> withDoubts(Tx tx, String projectId, SeekPage<FlowRun> page) {
        var doubts = this.doubts.of(
                tx, projectId, page.data().stream().map(FlowRun::id).toList());
        return page.map(run -> run.withDoubts(doubts.getOrDefault(run.id(), List.of())));
    }

    /**
     * One run with its steps. Of a run whose loops have done very much, {@link #steps} has the rest.
     *
     * @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects
     */
    public FlowRun get(Principal principal, String runId) {
        var found = database.read(tx -> runs.find(tx, principal.scope(), runId))
                .orElseThrow(() -> MillraceException.notFound("flow_run", runId));
        access.requireEntity(principal, Permission.READ_RUN, found.run().projectId(), "flow_run", runId);
        var steps = RunLog.open((int) settings.inputTruncateBytes(), MOST_SHOWN_BYTES);
        eachRecord(found, 0, (seq, at, record) -> {
            steps.add(record);
            return true;
        });
        var doubts = database.read(tx -> this.doubts.of(tx, found.run().projectId(), runId));
        var run = found.run().withSteps(steps.steps(), doubts, steps.forkedFrom());
        return run.internalError() == null || access.administers(principal) ? run : run.withoutInternalError();
    }

    /**
     * What has happened in a run of the project since the journal's row {@code fromSeq}, for those who have checked that
     * the project may be seen; null for an unknown run.
     */
    public @Nullable RunProgress progress(String projectId, String runId, int fromSeq) {
        record Read(FlowRun run, List<byte[]> documents, int nextSeq) {}
        var read = database.<Optional<Read>>read(tx -> runs.head(tx, Scope.project(projectId), runId)
                        .map(found -> {
                            var whole = found.whole();
                            if (whole != null) {
                                return new Read(found.run(), fromSeq == 0 ? List.of(whole) : List.of(), 1);
                            }
                            var rows = changes.since(tx, runId, fromSeq);
                            return new Read(found.run(), rows.documents(), rows.nextSeq());
                        }))
                .orElse(null);
        if (read == null) {
            return null;
        }
        var steps =
                JournalReader.read(
                                read.documents(), (path, part) -> database.read(tx -> runs.blob(tx, runId, path, part)))
                        .stream()
                        .map(record -> RunLog.progress(record, (int) settings.inputTruncateBytes()))
                        .filter(Objects::nonNull)
                        .toList();
        return new RunProgress(read.run(), steps, read.nextSeq());
    }

    /** The newest runs of the project that have not ended, for those who have checked that the project may be seen. */
    public Map<String, RunProgress.Open> openRuns(String projectId) {
        return database.read(tx -> changes.open(tx, projectId));
    }

    /**
     * The steps that a run has executed, one by one in the order in which they ended, those in loops each time: for runs
     * that have executed too many to be read at once.
     *
     * @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects
     */
    public SeekPage<ExecutedStep> steps(Principal principal, String runId, PageRequest page) {
        var found = database.read(tx -> runs.find(tx, principal.scope(), runId))
                .orElseThrow(() -> MillraceException.notFound("flow_run", runId));
        access.requireEntity(principal, Permission.READ_RUN, found.run().projectId(), "flow_run", runId);
        var steps = new StepPage(page);
        eachRecord(found, steps.firstDocument(), steps::take);
        return steps.page();
    }

    /** Takes the records of a run. */
    private interface Records {
        /**
         * @param seq the number of the record's document
         * @param at its place in it
         * @return false when no more are wanted
         */
        boolean take(int seq, int at, JournalRecord record);
    }

    /** Reads document by document: a long run's journal is never in memory as a whole. */
    private void eachRecord(RunStore.Found found, int firstDocument, Records taker) {
        var runId = found.run().id();
        JournalReader.Blobs blobs = (path, part) -> database.read(tx -> runs.blob(tx, runId, path, part));
        var whole = found.whole();
        var seq = firstDocument;
        var documents = whole == null ? documents(runId, seq) : seq == 0 ? List.of(whole) : List.<byte[]>of();
        while (!documents.isEmpty()) {
            for (var document : documents) {
                var at = 0;
                for (var record : JournalReader.read(List.of(document), blobs)) {
                    if (!taker.take(seq, at++, record)) {
                        return;
                    }
                }
                seq++;
            }
            documents = whole == null ? documents(runId, seq) : List.of();
        }
    }

    private List<byte[]> documents(String runId, int seq) {
        return database.read(tx -> runs.documentsFrom(tx, runId, seq));
    }

    /**
     * Answers the question of a run whose step is in doubt (its {@code onInDoubt} is ASK); the run goes on.
     *
     * @param happened whether the call of the step happened; it is made again, under a new key, when it did not
     * @param output what the step gives when it happened
     * @throws MillraceException ENTITY_NOT_FOUND for an unknown or foreign run, and for a step that is not in doubt;
     *     VALIDATION (409) when nobody asks about the step, or somebody was first
     */
    public FlowRun decide(
            Principal principal, String runId, String stepPath, boolean happened, @Nullable JsonNode output) {
        var run = get(principal, runId);
        access.requireEntity(principal, Permission.WRITE_RUN, run.projectId(), "flow_run", runId);
        var waiting = database.read(tx -> doubts.waiting(tx, run.projectId(), runId, stepPath))
                .orElseThrow(() -> notAsked(run, stepPath));
        var record = happened
                ? new JournalRecord.Finished(
                        stepPath,
                        waiting.type(),
                        StepStatus.SUCCEEDED,
                        null,
                        output == null ? Json.object() : output,
                        null,
                        0)
                : new JournalRecord.Attempted(
                        stepPath, waiting.attempt(), StepError.of("The server stopped before this call was made."));
        if (!database.transaction(tx -> doubts.decide(tx, waiting, happened, record))) {
            throw MillraceException.of(ErrorCode.VALIDATION, "The run does not wait for this answer any more");
        }
        dispatch.wake();
        return get(principal, runId);
    }

    private static MillraceException notAsked(FlowRun run, String stepPath) {
        var doubts = Objects.requireNonNullElse(run.inDoubt(), List.<Doubt>of());
        return doubts.stream().anyMatch(doubt -> doubt.stepPath().equals(stepPath))
                ? MillraceException.conflict("The run does not wait for an answer about " + stepPath)
                : MillraceException.notFound("step", stepPath);
    }

    /**
     * Why a run is where it is.
     *
     * @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects
     */
    public RunWhy why(Principal principal, String runId) {
        return new RunInspection(database).why(access, principal, runId);
    }

    /** A run without its steps, for those who have checked the scope. */
    FlowRun find(Scope scope, String runId) {
        return database.read(tx -> runs.find(tx, scope, runId))
                .orElseThrow(() -> MillraceException.notFound("flow_run", runId))
                .run()
                .withoutInternalError();
    }

    /** Stops the run if this process executes it. */
    void stop(String runId) {
        var one = active.get(runId);
        if (one != null) {
            one.run().cancellation().ask();
        }
    }

    /** Returns when this process no longer executes the run, or the time is over. */
    void awaitEnd(String runId, Duration atMost) {
        var one = active.get(runId);
        try {
            if (one != null && atMost.isPositive()) {
                one.thread().join(atMost);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many runs this process executes now. */
    public int activeRuns() {
        return active.size();
    }

    /**
     * Hands the runs of this process over: at once those that nobody waits for, before their next step or in the middle
     * of a pure one; a little later those in an effectful call, which is in doubt when it has not ended by then, and
     * those whose caller waits for an answer, which only this process can give. No run is begun or claimed any more; what
     * is still accepted waits for others or for the next start.
     */
    @Override
    public void close() {
        dispatch.stopClaiming();
        closing = true;
        var deadline = System.nanoTime() + GRACE.toNanos();
        try {
            keeper.join();
            for (var late = false; !late && !active.isEmpty(); ) {
                late = System.nanoTime() - deadline >= 0;
                for (var one : active.values()) {
                    if (late || !callers.containsKey(one.run().id())) {
                        one.run().cancellation().handOver(late);
                    }
                }
                dispatch.free(active.keySet());
                Thread.sleep(HAND_OVER_EVERY);
            }
            callers.values().forEach(caller -> caller.complete(new Reply.Lost()));
            var orderly = true;
            for (var one : active.values()) {
                if (!one.thread().join(GRACE)) {
                    one.thread().interrupt();
                    orderly = false;
                }
            }
            // What was interrupted may have something on its way to the database; it is free when the writers have
            // ended.
            if (orderly) {
                dispatch.free(active.keySet());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
