package millrace.run;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.Supplier;
import millrace.config.RunSettings;
import millrace.connection.ConnectionService;
import millrace.database.RunFlush;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.ErrorCode;
import millrace.engine.Event;
import millrace.engine.FailedStep;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.expression.ReferenceFailure;
import millrace.journal.Changed;
import millrace.journal.JournalRefused;
import millrace.journal.LeaseLost;
import millrace.journal.RunEnd;
import millrace.journal.RunHeader;
import millrace.journal.Waits;
import millrace.nativepiece.PieceFailure;
import millrace.run.Cancellation.Cut;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Executes a run on the caller's thread, from where its journal ends until the run ends or pauses. Pure steps follow each other
 * without waiting; before an effectful call and before anything is answered, all records so far are durable.
 */
final class RunDriver {
    private static final Logger log = LoggerFactory.getLogger(RunDriver.class);
    private static final Duration DATABASE_RETRY = Duration.ofMillis(200);

    private final Doubts doubts;
    private final Calls calls;
    private final ConnectionService connections;
    private final RunSettings settings;
    private final InstantSource clock;
    private final Predicate<String> callers;
    private final Runnable freed;
    private final StepTests tests;
    private final Waits waits;

    /** Lists calls that may have happened. Both return when that is durable. */
    interface Doubts {
        void note(ActiveRun run, Command.InDoubt doubt);

        /** Notes a doubt, and gives the run away until somebody has decided. */
        void ask(ActiveRun run, Command.Ask doubt);
    }

    /** Hears of runs that are about to end successfully, and of their records that are not durable yet. */
    interface StepTests {
        void ends(ActiveRun run, List<JournalRecord> last);
    }

    /**
     * @param callers whether somebody waits in this process for the answer of a run
     * @param freed told when a run may have become free: one that was started or woken
     */
    RunDriver(
            Doubts doubts,
            Calls calls,
            ConnectionService connections,
            RunSettings settings,
            InstantSource clock,
            Predicate<String> callers,
            Runnable freed,
            StepTests tests,
            Waits waits) {
        this.doubts = doubts;
        this.calls = calls;
        this.connections = connections;
        this.settings = settings;
        this.clock = clock;
        this.callers = callers;
        this.freed = freed;
        this.tests = tests;
        this.waits = waits;
    }

    /** The whole life of a run in this process. Returns when its end or pause is durable, or when it is not ours. */
    void drive(ActiveRun run) {
        try {
            Event event = new Event.Begin();
            var command = run.execution().next(event);
            while (!(command instanceof Command.Leave)) {
                run.journal().append(run.execution().takeRecords(), effects(event));
                if (run.cancellation().leaving()) {
                    throw new HandedOver();
                }
                event = run.cancellation().asked() ? instead(run, command) : perform(run, command);
                command = run.execution().next(event);
            }
            switch ((Command.Leave) command) {
                case Command.Pause pause -> pause(run, pause, effects(event));
                case Command.Ask ask -> ask(run, ask);
                case Command.End end -> end(run, end, effects(event));
            }
        } catch (LeaseLost lost) {
            log.atInfo().addKeyValue("runId", run.id()).log("the run goes on in another process");
            run.reply().complete(new Reply.Lost());
        } catch (JournalRefused refused) {
            broken(run, refused);
        } catch (HandedOver handedOver) {
            handOver(run);
        } catch (InterruptedException stopping) {
            // The process stops: what is durable is taken up by another process or by the next start.
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error defect) {
            // Whatever ends the thread ends the run: one that is left running would run for ever.
            broken(run, defect);
        } finally {
            if (!run.journal().paused()) {
                run.reply().complete(new Reply.Ended(RunStatus.INTERNAL_ERROR));
            }
        }
    }

    /** The process stops, and the run is where another one can go on. */
    private static final class HandedOver extends InterruptedException {
        private static final long serialVersionUID = 1;
    }

    /** Makes durable what the run has done here, so that whoever takes it up does none of it again. */
    void handOver(ActiveRun run) {
        try {
            run.journal().barrier();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (LeaseLost | JournalRefused lost) {
            log.atInfo().addKeyValue("runId", run.id()).log("the run goes on from what was durable before");
        }
        run.reply().complete(new Reply.Lost());
    }

    /** What the call that was answered did inside the database. */
    private static List<Effect> effects(Event event) {
        return event instanceof Event.Called called
                ? switch (called.result()) {
                    case StepResult.Succeeded succeeded -> succeeded.effects();
                    case StepResult.Paused paused -> paused.effects();
                    case StepResult.Changing ignored -> List.of();
                    case StepResult.Failed ignored -> List.of();
                    case StepResult.Broken ignored -> List.of();
                }
                : List.of();
    }

    private Event perform(ActiveRun run, Command command) throws InterruptedException {
        return switch (command) {
            case Command.Evaluate evaluate -> evaluate(run, evaluate);
            case Command.FetchConnection fetch -> connection(run, fetch.externalId());
            case Command.FetchVariable fetch ->
                new Event.Fetched(patiently(waits, () -> connections.variable(run.projectId(), fetch.name())), null);
            case Command.Call call -> call(run, call);
            case Command.Reply reply -> {
                run.journal().barrier();
                run.reply().complete(new Reply.Answered(reply.response()));
                yield new Event.Replied();
            }
            case Command.BackOff backOff -> backOff(run, backOff);
            case Command.InDoubt doubt -> {
                note(run, doubt);
                yield new Event.DoubtNoted();
            }
            case Command.Leave leave -> throw new IllegalStateException("a run that is over was performed: " + leave);
        };
    }

    /** Does what a run needs of the database: one that is away for a moment must not end the run. */
    static <T extends @Nullable Object> T patiently(Supplier<T> work) throws InterruptedException {
        return patiently(Waits.SYSTEM, work);
    }

    private static <T extends @Nullable Object> T patiently(Waits waits, Supplier<T> work) throws InterruptedException {
        while (true) {
            try {
                return work.get();
            } catch (MillraceException e) {
                if (e.code() != ErrorCode.DATABASE_UNAVAILABLE) {
                    throw e;
                }
                waits.sleep(DATABASE_RETRY);
            }
        }
    }

    private Event connection(ActiveRun run, String externalId) throws InterruptedException {
        try {
            return new Event.Fetched(patiently(waits, () -> connections.value(run.projectId(), externalId)), null);
        } catch (ReferenceFailure failure) {
            return new Event.Fetched(null, failure);
        }
    }

    private void note(ActiveRun run, Command.InDoubt doubt) throws InterruptedException {
        patiently(waits, () -> {
            doubts.note(run, doubt);
            return doubt;
        });
    }

    /** Cancels a run before the command is performed. */
    private Event instead(ActiveRun run, Command command) throws InterruptedException {
        return switch (command) {
            case Command.BackOff ignored ->
                canceled("The run was canceled while this step waited to be tried again.", 0);
            case Command.InDoubt doubt -> {
                note(run, doubt);
                yield canceled(
                        "The run was canceled. The server had stopped during this step before: it is not known"
                                + " whether the step happened.",
                        0);
            }
            default -> canceled("The run was canceled before this step started.", 0);
        };
    }

    private static Event canceled(String message, long millis) {
        return new Event.Canceled(StepError.of(message), millis);
    }

    /**
     * Waits before a step is tried again. The wait stays in memory, since it is 16 s at most and counts as active time
     * (reference/engine-semantics §8.4); its end is on record first, so whoever takes the run up waits for the rest.
     */
    private Event backOff(ActiveRun run, Command.BackOff backOff) throws InterruptedException {
        var until = backOff.until();
        if (until == null) {
            until = clock.instant().plus(backOff.delay());
            run.journal()
                    .append(List.of(
                            new JournalRecord.BackingOff(backOff.path(), backOff.attempt(), until.toEpochMilli())));
        }
        run.journal().barrier();
        // A clock that was set back must not make it longer.
        var rest = min(Duration.between(clock.instant(), until), backOff.delay());
        var cut = Cut.NONE;
        run.cancellation().enter(false);
        try {
            waits.sleep(min(rest, timeLeft(run)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            cut = run.cancellation().leave();
        }
        if (cut == Cut.CANCELED || run.cancellation().asked()) {
            return instead(run, backOff);
        }
        leaveIfStopping(cut);
        return new Event.Waited();
    }

    private Event evaluate(ActiveRun run, Command.Evaluate evaluate) throws InterruptedException {
        Event event;
        var cut = Cut.NONE;
        run.cancellation().enter(false);
        try {
            event = calls.evaluate(run.projectId(), evaluate.sources(), evaluate.state(), timeLeft(run));
        } finally {
            cut = run.cancellation().leave();
        }
        if (event instanceof Event.Evaluated) {
            return event;
        }
        if (cut == Cut.CANCELED) {
            return canceled("The run was canceled while the inputs of this step were evaluated.", 0);
        }
        leaveIfStopping(cut);
        return event;
    }

    /** What ended because the process stops did not fail: whoever takes the run up does it again. */
    private static void leaveIfStopping(Cut cut) throws InterruptedException {
        if (cut == Cut.HANDED_OVER) {
            throw new HandedOver();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedException();
        }
    }

    private Event call(ActiveRun run, Command.Call call) throws InterruptedException {
        var left = timeLeft(run);
        if (!left.isPositive()) {
            return new Event.Called(tooLong(), 0);
        }
        if (run.journal().storedBytes() > settings.maxLogBytes()) {
            return new Event.Called(
                    broken(
                            RunStatus.LOG_SIZE_EXCEEDED,
                            "Flow run data size exceeded " + settings.maxLogBytes() + " bytes."),
                    0);
        }
        if (call.effectful()) {
            run.journal().barrier();
            run.journal().awaitLease();
            if (run.cancellation().asked()) {
                return instead(run, call);
            }
        } else if (run.journal().farAhead()) {
            run.journal().barrier();
        }
        var began = waits.nanos();
        @Nullable StepResult result = null;
        var cut = Cut.NONE;
        run.cancellation().enter(call.effectful());
        try {
            // What a pure step looks up may be away for a moment, and nobody sees that it is asked again.
            result = call.effectful() ? make(run, call, left) : patiently(waits, () -> make(run, call, left));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            cut = run.cancellation().leave();
        }
        if (result instanceof StepResult.Changing changing) {
            return change(run, changing.change(), began);
        }
        var millis = millisSince(began);
        if (result instanceof StepResult.Succeeded || result instanceof StepResult.Paused) {
            return new Event.Called(result, millis);
        }
        if (cut == Cut.CANCELED) {
            return canceled(stopped(call), millis);
        }
        leaveIfStopping(cut);
        Objects.requireNonNull(result);
        var late = result instanceof StepResult.Failed && !timeLeft(run).isPositive();
        return new Event.Called(late ? tooLong() : result, millis);
    }

    private long millisSince(long began) {
        return Duration.ofNanos(waits.nanos() - began).toMillis();
    }

    /** Changes what the project has with the flush of the step's record. */
    private Event change(ActiveRun run, Effect.Change change, long began) throws InterruptedException {
        var changed = run.journal().change(StepChanges.locks(change), rows -> {
            try {
                var output = calls.change(run.projectId(), change, rows);
                return new Changed(run.execution().succeeded(output, millisSince(began)), null);
            } catch (PieceFailure failure) {
                return Changed.refused(failure.error());
            }
        });
        var told = changed.told();
        return told == null
                ? new Event.Called(new StepResult.Failed(Objects.requireNonNull(changed.error())), millisSince(began))
                : new Event.Stored(Objects.requireNonNull(told.output()), told.millis());
    }

    private StepResult make(ActiveRun run, Command.Call call, Duration left) {
        return switch (call) {
            case Command.CallCode code ->
                calls.code(run.journal().header(), run.journal().began(), run.contextKey(), code, left);
            case Command.CallPiece piece ->
                pausable(run, calls.piece(run.journal().header(), run.journal().began(), piece, key(run, call), left));
        };
    }

    private static String stopped(Command.Call call) {
        return call.effectful()
                ? "The run was canceled while this step ran. It was stopped, but what it had sent by then can't be"
                        + " taken back: the step may have taken effect."
                : "The run was canceled while this step ran, and the step was stopped.";
    }

    private StepResult tooLong() {
        return broken(
                RunStatus.TIMEOUT,
                "The run took longer than AP_FLOW_TIMEOUT_SECONDS allows, "
                        + settings.timeout().toSeconds() + " s.");
    }

    private static String key(ActiveRun run, Command.Call call) {
        return Doubt.key(run.id(), call.path(), call.attempt());
    }

    private static RunFlush.WaitpointRow waitpoint(JournalRecord.Paused wait) {
        var type = wait.until() == null ? "WEBHOOK" : "DELAY";
        return new RunFlush.WaitpointRow(wait.waitpointId(), wait.path(), type, "V1", wait.until(), null);
    }

    private StepResult pausable(ActiveRun run, StepResult result) {
        return result instanceof StepResult.Paused paused
                        && paused.until() != null
                        && paused.until().isAfter(pausesEnd(run.journal().header()))
                ? new StepResult.Failed(pausedTooLong())
                : result;
    }

    /** Until when a run may wait, all its pauses together. */
    private Instant pausesEnd(RunHeader header) {
        return header.created().plus(settings.maxPause());
    }

    /** Why a step fails that would wait, or has waited, for longer than a run may. */
    StepError pausedTooLong() {
        var message =
                "The flow cannot be paused for more than " + settings.maxPause().toDays() + " days";
        return StepError.of(message, "PausedFlowTimeoutError", message);
    }

    /** Nothing of the run is waiting for a commit here: the call in doubt was preceded by one. */
    private void ask(ActiveRun run, Command.Ask ask) throws InterruptedException {
        run.journal().leave();
        patiently(waits, () -> {
            doubts.ask(run, ask);
            return ask;
        });
        log.atWarn()
                .addKeyValue("runId", run.id())
                .log("the run waits for somebody to say whether its step {} happened", ask.path());
    }

    /** The run leaves this process; the answer that the step has for the waiting caller leaves after that. */
    private void pause(ActiveRun run, Command.Pause pause, List<Effect> effects) throws InterruptedException {
        var wait = pause.paused();
        var due = wait.until() == null ? pausesEnd(run.journal().header()) : wait.until();
        run.journal()
                .pause(
                        run.execution().takeRecords(),
                        effects,
                        wait.waitpointId(),
                        pause.opened() ? null : waitpoint(wait),
                        due,
                        callers.test(run.id()) ? run.journal().processId() : null,
                        run.execution().stepsCount());
        freed.run();
        if (pause.response() != null) {
            run.reply().complete(new Reply.Answered(pause.response()));
        }
    }

    private static StepResult broken(RunStatus status, String message) {
        return new StepResult.Broken(status, StepError.of(message));
    }

    private void end(ActiveRun run, Command.End end, List<Effect> effects) throws InterruptedException {
        var failed = end.failedStep();
        var last = run.execution().takeRecords();
        if (run.journal().header().stepNameToTest() != null && end.status() == RunStatus.SUCCEEDED) {
            tellTested(run, last);
        }
        run.journal()
                .end(
                        last,
                        effects,
                        new RunEnd(end.status().name(), clock.instant(), json(failed), end.stepsCount(), null));
        if (!effects.isEmpty() || run.journal().header().parentWaitpointId() != null) {
            freed.run();
        }
        if (end.response() != null) {
            run.reply().complete(new Reply.Answered(end.response()));
        } else {
            run.reply().complete(new Reply.Ended(end.status()));
        }
    }

    /** The run shows what the step gave in any case: only the copy for the editor may be missing. */
    private void tellTested(ActiveRun run, List<JournalRecord> last) {
        try {
            tests.ends(run, last);
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("runId", run.id()).setCause(e).log("a tested step's data were not kept");
        }
    }

    private static @Nullable String json(@Nullable FailedStep failed) {
        return failed == null ? null : Json.text(failed.json());
    }

    /** Ends a run that a defect of ours, or data that the database refuses, has stopped. */
    private void broken(ActiveRun run, Throwable cause) {
        log.atError().addKeyValue("runId", run.id()).setCause(cause).log("the run can't go on");
        run.journal().discard();
        endBroken(run, String.valueOf(cause.getMessage()), null);
    }

    /** Writes the end of a run that could not be driven to one, behind what its journal still holds. */
    void endBroken(ActiveRun run, String message, @Nullable FailedStep failed) {
        var internalError = Json.object()
                .put("source", "ENGINE")
                .put("message", message)
                .put("occurredAt", clock.instant().toString());
        try {
            run.journal()
                    .end(
                            List.of(),
                            List.of(),
                            new RunEnd(
                                    RunStatus.INTERNAL_ERROR.name(),
                                    clock.instant(),
                                    json(failed),
                                    0,
                                    Json.text(internalError)));
        } catch (LeaseLost lost) {
            log.atInfo().addKeyValue("runId", run.id()).log("the run goes on in another process");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException again) {
            log.atError().addKeyValue("runId", run.id()).setCause(again).log("the run's end could not be written");
        }
    }

    /** A run whose flow version is gone fails (reference/engine-semantics §13.3). */
    void endMissingVersion(ActiveRun run) {
        try {
            run.journal()
                    .end(List.of(), List.of(), new RunEnd(RunStatus.FAILED.name(), clock.instant(), null, 0, null));
        } catch (LeaseLost lost) {
            log.atInfo().addKeyValue("runId", run.id()).log("the run goes on in another process");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
        run.reply().complete(new Reply.Ended(RunStatus.FAILED));
    }

    private Duration timeLeft(ActiveRun run) {
        return Duration.ofNanos(run.deadlineNanos() - waits.nanos());
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : (b.isNegative() ? Duration.ZERO : b);
    }
}
