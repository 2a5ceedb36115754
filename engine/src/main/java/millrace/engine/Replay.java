package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The durable records of an interrupted run, handed to its {@link Execution} step by step as it walks the flow again. */
public final class Replay {
    private final Map<String, JournalRecord.Finished> finished = new HashMap<>();
    private final Map<String, JournalRecord.Intent> intents = new HashMap<>();
    private final Map<String, JournalRecord.LoopBegan> loops = new HashMap<>();
    private final Map<String, JournalRecord.LoopEnded> loopEnds = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private final Map<String, Suspended> suspended = new HashMap<>();
    /** The first attempt since the last retry, of the steps that had one before it. */
    private final Map<String, Integer> firstAttempts = new HashMap<>();

    private final Map<String, JournalRecord.BackingOff> backOffs = new HashMap<>();
    private final Map<String, ObjectNode> given = new HashMap<>();

    private final Set<String> tags = new LinkedHashSet<>();

    private String last = "trigger";

    /**
     * A step that has paused and not ended.
     *
     * @param input as journalled
     * @param resumed why it goes on; null while it waits
     */
    record Suspended(JournalRecord.Paused paused, JsonNode input, JournalRecord.@Nullable Resumed resumed) {}

    /** How far loops have come, by their paths. */
    private final Map<String, Passed> passed = new HashMap<>();

    private final Predicate<String> keepsIterations;

    /**
     * Iterations that are over and need no replay: what they did is known to be done.
     *
     * @param iterations so many from the first, all of whose steps succeeded
     * @param steps executed steps in them, those of loops counted each time
     */
    record Passed(int iterations, int steps) {}

    private Replay(Predicate<String> keepsIterations) {
        this.keepsIterations = keepsIterations;
    }

    /** Nothing to replay: a run from its beginning. */
    public static Replay none() {
        return new Replay(loop -> false);
    }

    /** @param records all durable records of the run, in order; kept as they are */
    public static Replay of(List<JournalRecord> records) {
        var replay = new Replay(loop -> true);
        records.forEach(replay::add);
        return replay;
    }

    /** A replay that takes the run's records by {@link #add}. However far its loops have come, it stays small. */
    public static Replay of(Program program) {
        return new Replay(program.loopsThatKeepIterations()::contains);
    }

    /** Takes the next durable record. */
    public void add(JournalRecord record) {
        switch (record) {
            case JournalRecord.Began ignored -> {}
            case JournalRecord.Intent intent -> intents.put(intent.path(), intent);
            case JournalRecord.Attempted tried -> {
                intents.remove(tried.path());
                suspended.remove(tried.path());
                attempts.put(tried.path(), tried.attempt() + 1);
            }
            case JournalRecord.Paused wait -> pause(wait);
            case JournalRecord.Resumed resumed ->
                suspended.computeIfPresent(
                        resumed.path(), (path, step) -> new Suspended(step.paused(), step.input(), resumed));
            case JournalRecord.Retried ignored -> retry();
            case JournalRecord.BackingOff backOff -> backOffs.put(backOff.path(), backOff);
            case JournalRecord.Given more -> given.put(more.path(), more.input());
            case JournalRecord.Tagged tagged -> tags.addAll(tagged.tags());
            case JournalRecord.LoopBegan loop -> {
                pass(loop.path());
                last = loop.path();
                loops.put(loop.path(), loop);
            }
            case JournalRecord.LoopEnded loop -> {
                pass(loop.path());
                last = loop.path();
                loopEnds.put(loop.path(), loop);
            }
            case JournalRecord.Finished done -> {
                pass(done.path());
                last = done.path();
                intents.remove(done.path());
                suspended.remove(done.path());
                finished.put(done.path(), done);
            }
        }
    }

    /** A record of an iteration says that those before it are over: steps run strictly one after the other. */
    private void pass(String path) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            var bracket = path.lastIndexOf('[', slash);
            var iteration = Integer.parseInt(path, bracket + 1, slash - 1, 10);
            var loop = path.substring(0, bracket);
            var before = passed.getOrDefault(loop, new Passed(0, 0));
            if (iteration == before.iterations() + 1
                    && !keepsIterations.test(loop.substring(loop.lastIndexOf('/') + 1))) {
                forget(loop, before);
            }
        }
    }

    /** Unless a step of it has failed: a retry would execute that one again. */
    private void forget(String loop, Passed before) {
        var prefix = loop + "[" + before.iterations() + "]/";
        var steps = 0;
        for (var done : finished.values()) {
            if (done.path().startsWith(prefix)) {
                if (done.status() == StepStatus.FAILED) {
                    return;
                }
                steps++;
            }
        }
        finished.keySet().removeIf(path -> path.startsWith(prefix));
        for (var inner : List.copyOf(passed.entrySet())) {
            if (inner.getKey().startsWith(prefix)) {
                passed.remove(inner.getKey());
                steps += inner.getValue().steps();
            }
        }
        var loopsBefore = loopEnds.size();
        loopEnds.keySet().removeIf(path -> path.startsWith(prefix));
        steps += loopsBefore - loopEnds.size();
        loops.keySet().removeIf(path -> path.startsWith(prefix));
        attempts.keySet().removeIf(path -> path.startsWith(prefix));
        firstAttempts.keySet().removeIf(path -> path.startsWith(prefix));
        backOffs.keySet().removeIf(path -> path.startsWith(prefix));
        passed.put(loop, new Passed(before.iterations() + 1, before.steps() + steps));
    }

    @Nullable
    Passed takePassed(String loop) {
        return passed.remove(loop);
    }

    private void pause(JournalRecord.Paused wait) {
        last = wait.path();
        var intent = intents.remove(wait.path());
        var input = wait.input() != null ? wait.input() : intent != null ? intent.input() : null;
        // A step that waits on without having been called leaves the record of its first pause again.
        var before = suspended.get(wait.path());
        if (input == null && before != null) {
            input = before.input();
        }
        suspended.put(wait.path(), new Suspended(wait, input == null ? Json.object() : input, null));
    }

    /** The wait of the step that is paused; null when the run goes on by itself. */
    public JournalRecord.@Nullable Paused waiting() {
        return suspended.values().stream()
                .filter(step -> step.resumed() == null)
                .map(Suspended::paused)
                .findAny()
                .orElse(null);
    }

    /** Forgets how steps failed or that they were about to run; they run again under a new attempt. */
    private void retry() {
        var again = new HashSet<>(intents.keySet());
        finished.values().removeIf(done -> done.status() == StepStatus.FAILED && again.add(done.path()));
        intents.clear();
        suspended.keySet().removeAll(again);
        for (var path : again) {
            attempts.merge(path, 2, (before, first) -> before + 1);
            firstAttempts.put(path, nextAttempt(path));
        }
    }

    /** The tags that steps have given the run. */
    public List<String> tags() {
        return List.copyOf(tags);
    }

    /** The path of the one step that may have happened without being recorded, if any. */
    public @Nullable String inDoubt() {
        return intents.isEmpty() ? null : intents.keySet().iterator().next();
    }

    /** Where the run was when its records end: the step in doubt, else the last one that left a record. */
    public String position() {
        var doubt = inDoubt();
        return doubt == null ? last : doubt;
    }

    JournalRecord.@Nullable Finished takeFinished(String path) {
        return finished.remove(path);
    }

    /** Whether a call was about to be made, or was made, and left no result. */
    boolean inDoubt(String path, int attempt) {
        var intent = intents.get(path);
        return intent != null && intent.attempt() == attempt;
    }

    JournalRecord.@Nullable Intent takeIntent(String path, int attempt) {
        return inDoubt(path, attempt) ? intents.remove(path) : null;
    }

    JournalRecord.@Nullable LoopBegan takeLoop(String path) {
        return loops.remove(path);
    }

    JournalRecord.@Nullable LoopEnded takeLoopEnd(String path) {
        return loopEnds.remove(path);
    }

    @Nullable
    Suspended suspended(String path) {
        return suspended.get(path);
    }

    /** The step begins anew: it was not paused. */
    void forgetPause(String path) {
        suspended.remove(path);
    }

    /** Until when the step waits before this attempt; null when that is not on record. */
    @Nullable
    Instant backOff(String path, int attempt) {
        var backOff = backOffs.get(path);
        return backOff == null || backOff.attempt() != attempt ? null : Instant.ofEpochMilli(backOff.untilMillis());
    }

    /** What the step gets instead of what its inputs evaluate to. */
    @Nullable
    ObjectNode given(String path) {
        return given.get(path);
    }

    int nextAttempt(String path) {
        return attempts.getOrDefault(path, 1);
    }

    /** The number of the step's first attempt since the run was last retried. */
    int firstAttempt(String path) {
        return firstAttempts.getOrDefault(path, 1);
    }
}
