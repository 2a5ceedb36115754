package millrace.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The durable records of an interrupted run, handed to its {@link Execution} step by step as it walks the flow again. */
public final class Replay {
    private final Map<String, JournalRecord.Finished> finished = new HashMap<>();
    private final Map<String, JournalRecord.Intent> intents = new HashMap<>();
    private final Map<String, JournalRecord.LoopBegan> loops = new HashMap<>();
    private final Map<String, JournalRecord.LoopEnded> loopEnds = new HashMap<>();
    private final Map<String, Integer> attempts = new HashMap<>();
    private String last = "trigger";

    private Replay() {}

    /** Nothing to replay: a run from its beginning. */
    public static Replay none() {
        return new Replay();
    }

    /** @param records all durable records of the run, in order */
    public static Replay of(List<JournalRecord> records) {
        var replay = new Replay();
        for (var record : records) {
            switch (record) {
                case JournalRecord.Began ignored -> {}
                case JournalRecord.Intent intent -> replay.intents.put(intent.path(), intent);
                case JournalRecord.Attempted tried -> {
                    replay.intents.remove(tried.path());
                    replay.attempts.put(tried.path(), tried.attempt() + 1);
                }
                case JournalRecord.LoopBegan loop -> {
                    replay.last = loop.path();
                    replay.loops.put(loop.path(), loop);
                }
                case JournalRecord.LoopEnded loop -> {
                    replay.last = loop.path();
                    replay.loopEnds.put(loop.path(), loop);
                }
                case JournalRecord.Finished done -> {
                    replay.last = done.path();
                    replay.intents.remove(done.path());
                    replay.finished.put(done.path(), done);
                }
            }
        }
        return replay;
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

    int nextAttempt(String path) {
        return attempts.getOrDefault(path, 1);
    }
}
