package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import millrace.definition.OnInDoubt;
import millrace.expression.Conditions;
import millrace.expression.ReferenceFailure;
import millrace.expression.Scope;
import millrace.expression.Template;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one run: {@link #next} takes what happened and says what to do next. It calls nothing and has
 * no clock: the server, tests and simulations drive the same code, and the same records and events always give the
 * same commands.
 *
 * <p>Its rules, which tests cite by number:
 * <ol>
 *   <li>A step whose {@link JournalRecord.Finished} was replayed is never called again.
 *   <li>An effectful call is preceded by its {@link JournalRecord.Intent} in the records taken before the call.
 *   <li>Loop items and router decisions are evaluated once and journalled; a replay uses the journalled ones.
 *   <li>A replayed intent without a result is a doubt: it is told before anything else is done about it.
 *   <li>Steps run strictly one after the other.
 *   <li>A paused step's inputs are those of its first call; it is called again once for each of its pauses.
 * </ol>
 *
 * <p>Not thread-safe: one thread at a time, the run's own.
 */
public final class Execution {
    private static final int MAX_ATTEMPTS = 4;
    private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(4);
    private static final StepError IN_DOUBT =
            StepError.of("The server stopped during this step: it is not known whether it happened.");

    private final Replay replay;
    private final List<JournalRecord> records = new ArrayList<>();
    private final Map<String, Event.Fetched> secrets = new HashMap<>();

    private Frame frame;
    private int stepsCount;
    /** What the step about to run has been told so far: null until its JavaScript expressions were evaluated. */
    private @Nullable Map<String, JsonNode> computed;
    /** The attempt of the step about to run, or running. */
    private int attempt = 1;

    /** Whether the step about to run has waited before this attempt. */
    private boolean waited;

    /** The call that was made, or waits to be made again. */
    private @Nullable Call open;
    /** A run has one step in doubt at most: calls follow each other. */
    private boolean doubtNoted;

    private record Call(CompiledStep.Caller step, String path, JsonNode input) {}

    /** A run, or the test of one of its steps, as its first record says. */
    public static Execution of(Program program, JournalRecord.Began began, Replay replay) {
        var test = began.origin().test();
        return test == null
                ? new Execution(program, began.payload(), replay)
                : new Execution(program, began.payload(), test.outputs(), replay);
    }

    /**
     * A run from its beginning, or, with replayed records, from where they end.
     *
     * @param payload the trigger's output
     */
    public Execution(Program program, JsonNode payload, Replay replay) {
        this(program, payload, Json.object(), replay);
    }

    /**
     * @param payload the trigger's output
     * @param outputs what expressions see of steps that are not executed, by name
     */
    public Execution(Program program, JsonNode payload, ObjectNode outputs, Replay replay) {
        this.replay = replay;
        var variables = new Variables(null);
        variables.put("trigger", Json.object().set("output", payload));
        for (var step : outputs.properties()) {
            variables.put(step.getKey(), view(step.getValue(), null));
        }
        this.frame = new Frame(null, "", variables, program.first());
    }

    /** The records that came to be since the last call, in order. */
    public List<JournalRecord> takeRecords() {
        if (records.isEmpty()) {
            return List.of();
        }
        var taken = List.copyOf(records);
        records.clear();
        return taken;
    }

    /** How many steps have finished. */
    public int stepsCount() {
        return stepsCount;
    }

    /** The next command, after {@code event} answered the last one. */
    public Command next(Event event) {
        return switch (event) {
            case Event.Begin ignored -> advance();
            case Event.Evaluated evaluated -> {
                computed = evaluated.values();
                yield advance();
            }
            case Event.EvaluationFailed failed -> notEvaluated(failed.result());
            case Event.Fetched fetched -> {
                secrets.put(awaitedSecret(), fetched);
                yield advance();
            }
            case Event.Called called -> called(called.result(), called.millis());
            case Event.Stored stored -> {
                var written = succeeded(stored.output(), stored.millis());
                var call = close();
                ended(call.step(), call.path(), written);
                yield advance();
            }
            case Event.Waited ignored -> advance();
            case Event.DoubtNoted ignored -> advance();
            case Event.Replied ignored -> advance();
            case Event.Canceled canceled -> canceled(canceled.error(), canceled.millis());
        };
    }

    private Command advance() {
        while (true) {
            var step = frame.next;
            if (step == null) {
                if (frame.outer == null) {
                    return new Command.End(RunStatus.SUCCEEDED, null, null, stepsCount);
                }
                leave(frame);
                continue;
            }
            var command = enter(step);
            if (command != null) {
                return command;
            }
        }
    }

    /** Runs a step as far as it goes by itself; null when it is done and the chain goes on. */
    private @Nullable Command enter(CompiledStep step) {
        var path = frame.prefix + step.name();
        try {
            return switch (step) {
                case CompiledStep.Caller caller -> enterCaller(caller, path);
                case CompiledStep.Loop loop -> enterLoop(loop, path);
                case CompiledStep.Router router -> enterRouter(router, path);
            };
        } catch (Missing missing) {
            return missing.command;
        } catch (ReferenceFailure failure) {
            var message = String.valueOf(failure.getMessage());
            return unresolved(step, path, StepError.of(message, failure.errorName(), message));
        }
    }

    // ---- code and pieces

    private @Nullable Command enterCaller(CompiledStep.Caller step, String path) {
        var finished = replay.takeFinished(path);
        if (finished != null) {
            return ended(step, path, finished);
        }
        var suspended = replay.suspended(path);
        if (suspended != null && suspended.resumed() == null) {
            records.add(suspended.paused());
            return new Command.Pause(suspended.paused(), true, null);
        }
        attempt = Math.max(
                attempt,
                suspended == null
                        ? replay.nextAttempt(path)
                        : suspended.paused().attempt());
        var backOff = suspended == null ? backOff(step, path) : null;
        if (backOff != null) {
            return backOff;
        }
        var ask = missingValues(List.of(step.input()));
        if (ask != null) {
            return ask;
        }
        var values = Objects.requireNonNullElse(computed, Map.<String, JsonNode>of());
        if (replay.inDoubt(path, attempt) && !doubtNoted) {
            doubtNoted = true;
            return step.onInDoubt() == OnInDoubt.ASK
                    ? new Command.Ask(path, attempt, step.type())
                    : new Command.InDoubt(path, attempt, step.type(), step.onInDoubt());
        }
        var intent = replay.takeIntent(path, attempt);
        if (intent != null && step.onInDoubt() == OnInDoubt.FAIL) {
            open = new Call(step, path, intent.input());
            return ended(step, path, finish(open, StepStatus.FAILED, null, IN_DOUBT, 0));
        }
        var journalled = intent != null ? intent.input() : suspended != null ? suspended.input() : null;
        var given = replay.given(path);
        var input = journalled == null || given != null
                ? step.input().resolve(frame.variables, values)
                : step.input().refill(journalled, frame.variables, values);
        var shown = step.input().mentionsSecrets() ? step.input().censored(frame.variables, values) : input;
        if (given != null) {
            input = Template.restored(given, input);
            shown = given;
        }
        forgetStepValues();
        open = new Call(step, path, shown);
        var tooLong = suspended == null
                ? null
                : Objects.requireNonNull(suspended.resumed()).error();
        if (tooLong != null) {
            return called(new StepResult.Failed(tooLong), 0);
        }
        if (step.effectful() && intent == null) {
            records.add(new JournalRecord.Intent(path, attempt, shown));
        }
        return switch (step) {
            case CompiledStep.Code code -> new Command.CallCode(path, attempt, code, input);
            case CompiledStep.PieceCall piece ->
                new Command.CallPiece(path, attempt, piece, (ObjectNode) input, resumption(suspended));
        };
    }

    /** The wait before an attempt that repeats a failed one, unless this attempt has been made already. */
    private Command.@Nullable BackOff backOff(CompiledStep.Caller step, String path) {
        var tries = tries(path);
        if (!step.retryOnFailure() || tries == 1 || waited || replay.inDoubt(path, attempt)) {
            return null;
        }
        waited = true;
        return new Command.BackOff(
                path, attempt, FIRST_BACK_OFF.multipliedBy(1L << (tries - 2)), replay.backOff(path, attempt));
    }

    /** How many attempts there were since the run was last retried, with the one about to be made. */
    private int tries(String path) {
        return attempt - replay.firstAttempt(path) + 1;
    }

    private static @Nullable Resumption resumption(Replay.@Nullable Suspended suspended) {
        var resumed = suspended == null ? null : suspended.resumed();
        return resumed == null ? null : new Resumption(resumed.payload());
    }

    private Command called(StepResult result, long millis) {
        var call = Objects.requireNonNull(open, "no call is open");
        return switch (result) {
            case StepResult.Succeeded succeeded -> {
                var finished = finish(call, StepStatus.SUCCEEDED, succeeded.output(), null, millis);
                if (succeeded.stop()) {
                    stepsCount++;
                    yield new Command.End(RunStatus.SUCCEEDED, null, succeeded.response(), stepsCount);
                }
                ended(call.step(), call.path(), finished);
                yield succeeded.response() == null ? advance() : new Command.Reply(succeeded.response());
            }
            case StepResult.Failed failed -> {
                if (call.step().retryOnFailure() && tries(call.path()) < MAX_ATTEMPTS) {
                    replay.forgetPause(call.path());
                    records.add(new JournalRecord.Attempted(call.path(), attempt, failed.error()));
                    attempt++;
                    waited = false;
                    yield advance();
                }
                var end =
                        ended(call.step(), call.path(), finish(call, StepStatus.FAILED, null, failed.error(), millis));
                yield end == null ? advance() : end;
            }
            case StepResult.Changing ignored ->
                throw new IllegalStateException("nobody has made the change of " + call.path());
            case StepResult.Paused paused -> {
                open = null;
                var wait = new JournalRecord.Paused(
                        call.path(),
                        call.step().type(),
                        attempt,
                        paused.waitpointId(),
                        paused.until() == null ? null : paused.until().truncatedTo(ChronoUnit.MILLIS),
                        call.step().effectful() ? null : call.input(),
                        paused.output(),
                        millis);
                records.add(wait);
                yield new Command.Pause(wait, paused.opened(), paused.response());
            }
            case StepResult.Broken broken -> {
                finish(call, StepStatus.FAILED, null, broken.error(), millis);
                stepsCount++;
                yield new Command.End(broken.status(), failedStep(call.step(), broken.error()), null, stepsCount);
            }
        };
    }

    private Command canceled(StepError error, long millis) {
        var step = frame.next;
        if (open != null) {
            stepsCount++;
            finish(open, StepStatus.FAILED, null, error, millis);
        }
        return new Command.End(RunStatus.CANCELED, step == null ? null : failedStep(step, error), null, stepsCount);
    }

    private JournalRecord.Finished finish(
            Call call, StepStatus status, @Nullable JsonNode output, @Nullable StepError error, long millis) {
        close();
        var finished = finished(call, status, output, error, millis);
        records.add(finished);
        return finished;
    }

    private Call close() {
        var call = Objects.requireNonNull(open, "no call is open");
        open = null;
        attempt = 1;
        waited = false;
        return call;
    }

    private static JournalRecord.Finished finished(
            Call call, StepStatus status, @Nullable JsonNode output, @Nullable StepError error, long millis) {
        return new JournalRecord.Finished(
                call.path(),
                call.step().type(),
                status,
                call.step().effectful() ? null : call.input(),
                output,
                error == null ? null : error.friendly(),
                millis);
    }

    /**
     * The record that the call which is under way leaves when it succeeds with this output. Changes nothing: who writes it
     * answers the call by {@link Event.Stored}.
     */
    public JournalRecord.Finished succeeded(JsonNode output, long millis) {
        return finished(Objects.requireNonNull(open, "no call is open"), StepStatus.SUCCEEDED, output, null, millis);
    }

    /** Takes a finished call into the run's state; the end of the run when it failed and nothing continues after it. */
    private Command.@Nullable End ended(CompiledStep.Caller step, String path, JournalRecord.Finished finished) {
        stepsCount++;
        attempt = 1;
        waited = false;
        forgetStepValues();
        frame.variables.put(step.name(), view(finished.output(), finished.error()));
        frame.variables.keep(step.name(), finished);
        frame.next = step.next();
        var failed = finished.status() == StepStatus.FAILED;
        if (failed && !step.continueOnFailure()) {
            return new Command.End(RunStatus.FAILED, failedStep(step, message(finished.error())), null, stepsCount);
        }
        var branch = failed ? step.onFailure() : step.onSuccess();
        if (step.continueOnFailure() && branch != null) {
            frame = new Frame(frame, frame.prefix, frame.variables, branch);
        }
        return null;
    }

    private Command notEvaluated(StepResult result) {
        var step = Objects.requireNonNull(frame.next, "no step waits for an evaluation");
        var path = frame.prefix + step.name();
        return switch (result) {
            case StepResult.Failed failed -> {
                var end = unresolved(step, path, failed.error());
                yield end == null ? advance() : end;
            }
            case StepResult.Broken broken -> {
                records.add(new JournalRecord.Finished(
                        path,
                        step.type(),
                        StepStatus.FAILED,
                        Json.object(),
                        null,
                        broken.error().friendly(),
                        0));
                stepsCount++;
                yield new Command.End(broken.status(), failedStep(step, broken.error()), null, stepsCount);
            }
            case StepResult.Succeeded ignored ->
                throw new IllegalStateException("an evaluation that failed has succeeded: " + path);
            case StepResult.Paused ignored -> throw new IllegalStateException("an evaluation has paused: " + path);
            case StepResult.Changing ignored ->
                throw new IllegalStateException("an evaluation changes the database: " + path);
        };
    }

    /** A step whose input can't be resolved fails without being called. */
    private @Nullable Command unresolved(CompiledStep step, String path, StepError error) {
        if (step instanceof CompiledStep.Caller caller) {
            open = new Call(caller, path, Json.object());
            var finished = new JournalRecord.Finished(
                    path, step.type(), StepStatus.FAILED, Json.object(), null, error.friendly(), 0);
            records.add(finished);
            open = null;
            return ended(caller, path, finished);
        }
        records.add(new JournalRecord.Finished(
                path, step.type(), StepStatus.FAILED, Json.object(), null, error.friendly(), 0));
        stepsCount++;
        return new Command.End(RunStatus.FAILED, failedStep(step, error), null, stepsCount);
    }

    // ---- loops

    private @Nullable Command enterLoop(CompiledStep.Loop step, String path) {
        return switch (step.mode()) {
            case ITERATE -> iterateAll(step, path);
            case TEST -> testLoop(step, path);
            case SHOW -> showLoop(step);
        };
    }

    /** The loop's items, evaluated; throws {@link Missing} for what must be asked for first. */
    private ArrayNode items(CompiledStep.Loop step) {
        var ask = missingValues(List.of(step.items()));
        if (ask != null) {
            throw new Missing(ask);
        }
        var resolved =
                step.items().resolve(frame.variables, Objects.requireNonNullElse(computed, Map.<String, JsonNode>of()));
        if (resolved instanceof ArrayNode list) {
            return list;
        }
        throw new ReferenceFailure(
                "Error",
                "A loop needs a list of items, but its items are a "
                        + resolved.getNodeType().name().toLowerCase(Locale.ROOT) + ".");
    }

    private static ObjectNode firstOf(ArrayNode items) {
        var output = Json.object();
        if (!items.isEmpty()) {
            output.set("item", items.get(0));
        }
        output.put("index", 1).putArray("iterations");
        return output;
    }

    private @Nullable Command testLoop(CompiledStep.Loop step, String path) {
        if (replay.takeFinished(path) == null) {
            var items = items(step);
            records.add(new JournalRecord.Finished(
                    path,
                    step.type(),
                    StepStatus.SUCCEEDED,
                    Json.object().set("items", items),
                    firstOf(items),
                    null,
                    0));
        }
        forgetStepValues();
        stepsCount++;
        frame.next = step.next();
        return null;
    }

    private @Nullable Command showLoop(CompiledStep.Loop step) {
        ArrayNode items;
        try {
            items = items(step);
        } catch (ReferenceFailure noItems) {
            // The step that is tested may not look at it at all.
            items = Json.array();
        }
        forgetStepValues();
        frame.variables.put(step.name(), view(firstOf(items), null));
        frame.next = step.next();
        return null;
    }

    private @Nullable Command iterateAll(CompiledStep.Loop step, String path) {
        var began = replay.takeLoop(path);
        ArrayNode items;
        if (began != null) {
            items = began.items();
        } else {
            items = items(step);
            records.add(new JournalRecord.LoopBegan(path, items));
        }
        forgetStepValues();
        frame.next = step.next();
        var loop = new LoopFrame(frame, step, path, items);
        frame = loop;
        var passed = replay.takePassed(path);
        if (passed != null) {
            loop.iteration += passed.iterations();
            stepsCount += passed.steps();
        }
        iterate(loop);
        return null;
    }

    /** Starts the loop's next iteration, or leaves it after the last. */
    private void iterate(LoopFrame loop) {
        var outer = Objects.requireNonNull(loop.outer);
        loop.iteration++;
        loop.keepIteration();
        if (loop.iteration >= loop.items.size()) {
            if (replay.takeLoopEnd(loop.path) == null) {
                records.add(new JournalRecord.LoopEnded(loop.path, loop.items.size(), 0));
            }
            stepsCount++;
            if (loop.items.isEmpty()) {
                outer.variables.put(loop.step.name(), loop.view());
            }
            outer.variables.keep(
                    loop.step.name(),
                    new JournalRecord.Finished(
                            loop.path, loop.step.type(), StepStatus.SUCCEEDED, null, loop.output(), null, 0));
            frame = outer;
            return;
        }
        outer.variables.put(loop.step.name(), loop.view());
        loop.variables = new Variables(outer.variables);
        loop.prefix = loop.path + "[" + loop.iteration + "]/";
        loop.next = loop.step.first();
    }

    // ---- routers

    private @Nullable Command enterRouter(CompiledStep.Router step, String path) {
        var finished = replay.takeFinished(path);
        if (finished == null) {
            var ask = missingValues(templates(step));
            if (ask != null) {
                return ask;
            }
            finished = new JournalRecord.Finished(
                    path,
                    step.type(),
                    StepStatus.SUCCEEDED,
                    Json.object(),
                    Json.object().set("branches", decide(step)),
                    null,
                    0);
            records.add(finished);
        } else if (finished.status() == StepStatus.FAILED) {
            return new Command.End(RunStatus.FAILED, failedStep(step, message(finished.error())), null, ++stepsCount);
        }
        forgetStepValues();
        stepsCount++;
        frame.variables.put(step.name(), view(finished.output(), null));
        frame.variables.keep(step.name(), finished);
        frame.next = step.next();
        var chosen = new ArrayList<CompiledStep>();
        var branches = Objects.requireNonNull(finished.output()).path("branches");
        for (int i = 0; i < branches.size(); i++) {
            if (!branches.get(i).path("evaluation").asBoolean()) {
                continue;
            }
            var child = i < step.children().size() ? step.children().get(i) : null;
            if (child != null) {
                chosen.add(child);
            }
            if (!step.allMatches()) {
                break;
            }
        }
        // Pushed in reverse, so that the first branch runs first.
        for (int i = chosen.size() - 1; i >= 0; i--) {
            frame = new Frame(frame, frame.prefix, frame.variables, chosen.get(i));
        }
        return null;
    }

    private ArrayNode decide(CompiledStep.Router step) {
        var holds = new boolean[step.branches().size()];
        var any = false;
        for (int i = 0; i < holds.length; i++) {
            var conditions = step.branches().get(i).conditions();
            if (conditions != null) {
                holds[i] = anyGroupHolds(conditions);
                any |= holds[i];
            }
        }
        var decided = Json.array();
        for (int i = 0; i < holds.length; i++) {
            var branch = step.branches().get(i);
            decided.addObject()
                    .put("branchName", branch.name())
                    .put("branchIndex", i + 1)
                    .put("evaluation", branch.conditions() == null ? !any : holds[i]);
        }
        return decided;
    }

    private boolean anyGroupHolds(List<List<CompiledStep.Test>> groups) {
        for (var group : groups) {
            var all = true;
            for (var test : group) {
                all &= holds(test);
            }
            if (all) {
                return true;
            }
        }
        return false;
    }

    private boolean holds(CompiledStep.Test test) {
        var values = Objects.requireNonNullElse(computed, Map.<String, JsonNode>of());
        var second = test.second() == null ? null : test.second().resolve(frame.variables, values);
        return Conditions.holds(test.condition(), test.first().resolve(frame.variables, values), second);
    }

    private static List<Template> templates(CompiledStep.Router step) {
        var templates = new ArrayList<Template>();
        for (var branch : step.branches()) {
            for (var group : Objects.requireNonNullElse(branch.conditions(), List.<List<CompiledStep.Test>>of())) {
                for (var test : group) {
                    templates.add(test.first());
                    if (test.second() != null) {
                        templates.add(test.second());
                    }
                }
            }
        }
        return templates;
    }

    // ---- values

    /** The command that brings the values which the templates' JavaScript needs; null when they are there. */
    private @Nullable Command missingValues(List<Template> templates) {
        if (computed != null) {
            return null;
        }
        var sources = new LinkedHashSet<String>();
        for (var template : templates) {
            sources.addAll(template.computed());
        }
        if (sources.isEmpty()) {
            return null;
        }
        var state = Json.object();
        for (var template : templates) {
            if (!template.computed().isEmpty()) {
                addState(state, template);
            }
        }
        return new Command.Evaluate(List.copyOf(sources), state);
    }

    /** What the template's JavaScript can name: steps, and of the secrets those that it names literally. */
    private void addState(ObjectNode state, Template template) {
        for (var name : template.names()) {
            var root = frame.variables.root(name);
            if (root != null) {
                state.set(name, root);
            }
        }
        var connections = state.withObject("/connections");
        for (var name : template.connectionNames()) {
            connections.set(name, frame.variables.connection(name));
        }
        var variables = state.withObject("/variables");
        for (var name : template.variableNames()) {
            variables.set(name, frame.variables.variable(name));
        }
    }

    private void forgetStepValues() {
        computed = null;
        secrets.clear();
        awaited = null;
    }

    private @Nullable String awaited;

    private String awaitedSecret() {
        return Objects.requireNonNull(awaited, "nothing was fetched");
    }

    private @Nullable JsonNode secret(String key, Command fetch) {
        var fetched = secrets.get(key);
        if (fetched == null) {
            awaited = key;
            throw new Missing(fetch);
        }
        if (fetched.failure() != null) {
            throw fetched.failure();
        }
        return fetched.value();
    }

    private static ObjectNode view(@Nullable JsonNode output, @Nullable ObjectNode error) {
        var view = Json.object();
        if (output != null) {
            view.set("output", output);
        }
        if (error != null) {
            view.putObject("error").set("message", error.path("message"));
        }
        return view;
    }

    private static StepError message(@Nullable ObjectNode friendly) {
        var error = friendly == null ? Json.object() : friendly;
        return new StepError(error.path("message").asText("Unknown error"), error);
    }

    private static FailedStep failedStep(CompiledStep step, StepError error) {
        return new FailedStep(step.name(), step.displayName(), error.message());
    }

    private void leave(Frame left) {
        if (left instanceof LoopFrame loop) {
            iterate(loop);
        } else {
            frame = Objects.requireNonNull(left.outer);
        }
    }

    /** Leaves the resolution of a step until the value that it misses was fetched. */
    private static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Command command;

        Missing(Command command) {
            super(null, null, false, false);
            this.command = command;
        }
    }

    /** A chain being walked. */
    private static class Frame {
        final @Nullable Frame outer;
        String prefix;
        Variables variables;

        @Nullable
        CompiledStep next;

        Frame(@Nullable Frame outer, String prefix, Variables variables, @Nullable CompiledStep next) {
            this.outer = outer;
            this.prefix = prefix;
            this.variables = variables;
            this.next = next;
        }
    }

    private static final class LoopFrame extends Frame {
        final CompiledStep.Loop step;
        final String path;
        final ArrayNode items;
        final ArrayNode iterations = Json.array();
        int iteration = -1;

        LoopFrame(Frame outer, CompiledStep.Loop step, String path, ArrayNode items) {
            super(outer, "", outer.variables, null);
            this.step = step;
            this.path = path;
            this.items = items;
        }

        /** Remembers the iteration that just ended, where an expression may look at it. */
        void keepIteration() {
            if (step.keepsIterations() && iteration > 0) {
                iterations.add(variables.kept());
            }
        }

        ObjectNode view() {
            return Json.object().set("output", output());
        }

        ObjectNode output() {
            var output = Json.object();
            var current = Math.min(iteration, items.size() - 1);
            if (current >= 0) {
                output.set("item", items.get(current));
            }
            output.put("index", current + 1);
            if (step.keepsIterations()) {
                output.set("iterations", iterations);
            }
            return output;
        }
    }

    /** The names that expressions see: the current iteration's over the outer ones. */
    private final class Variables implements Scope {
        private final @Nullable Variables outer;
        private final Map<String, JsonNode> roots = new HashMap<>();
        private final Map<String, JsonNode> kept = new LinkedHashMap<>();

        Variables(@Nullable Variables outer) {
            this.outer = outer;
        }

        void put(String name, JsonNode root) {
            roots.put(name, root);
        }

        void keep(String name, JournalRecord.Finished finished) {
            if (outer != null) {
                kept.put(name, RunLog.step(finished, MissingNode.getInstance()));
            }
        }

        ObjectNode kept() {
            return Json.object().setAll(kept);
        }

        @Override
        public @Nullable JsonNode root(String name) {
            for (var scope = this; scope != null; scope = scope.outer) {
                var found = scope.roots.get(name);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            return secret("connection " + externalId, new Command.FetchConnection(externalId));
        }

        @Override
        public @Nullable JsonNode variable(String name) {
            return secret("variable " + name, new Command.FetchVariable(name));
        }
    }
}
