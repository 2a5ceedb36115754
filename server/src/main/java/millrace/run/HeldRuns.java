package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Tx;
import millrace.engine.FailedStep;
import millrace.engine.Replay;
import millrace.engine.RunStatus;
import millrace.journal.JournalReader;
import millrace.journal.RunJournal;
import org.jspecify.annotations.Nullable;

/**
 * Runs that came with a restored database. It is behind the world: what they were about to do has happened since. So
 * nobody claims them until the operator has decided; answers to their waitpoints are kept meanwhile.
 */
public final class HeldRuns {
    private static final int BATCH = 200;
    private static final Scope SCOPE = Scope.system("what a restored database brought along");

    private final HeldRunStore held = new HeldRunStore();
    private final RunLifeStore life = new RunLifeStore();
    private final RunStore stored = new RunStore();
    private final WaitpointStore waitpoints = new WaitpointStore();

    /** Holds every run that has not ended. @return how many */
    public int hold(Tx tx) {
        return held.hold(tx);
    }

    /** How many are held, of each kind. */
    public HeldCounts counts(Tx tx) {
        return held.counts(tx);
    }

    /** The first of them, oldest first. */
    public List<HeldRun> list(Tx tx, int limit) {
        return held.list(tx, limit).stream()
                .map(run -> new HeldRun(
                        run.id(),
                        run.projectId(),
                        run.flowId(),
                        run.status(),
                        replay(tx, run.id()).inDoubt(),
                        run.dueAt()))
                .toList();
    }

    private Replay replay(Tx tx, String runId) {
        return Replay.of(JournalReader.read(RunStore.documents(tx, runId, null), path -> stored.blob(tx, runId, path)));
    }

    /** Lets all that are still held go on. @return how many */
    public int release(Tx tx) {
        return held.release(tx);
    }

    /**
     * Ends held runs, in one transaction for some hundred of them.
     *
     * @param all or only those that have gone on in the world since: what was in flight, what has been due, and the runs
     *     that wait for them
     * @return how many were ended
     */
    public int end(Database database, boolean all) {
        int ended = 0;
        int batch;
        do {
            batch = database.transaction(tx -> {
                int some = 0;
                for (var runId : held.toEnd(tx, all, BATCH)) {
                    some += endWithParents(tx, runId);
                }
                return some;
            });
            ended += batch;
        } while (batch > 0);
        return ended;
    }

    private int endWithParents(Tx tx, String runId) {
        int ended = 0;
        var next = runId;
        while (next != null) {
            var parent = held.heldParent(tx, next).orElse(null);
            var open = life.lockOpen(tx, SCOPE, next).orElse(null);
            if (open != null) {
                var documents = RunStore.documents(tx, next, null);
                life.endCanceled(tx, open, !documents.isEmpty(), failedStep(replay(tx, next)));
                if (parent == null && open.parent() != null) {
                    answerParent(tx, open, open.parent());
                }
                ended++;
            }
            next = parent;
        }
        return ended;
    }

    /** A run that began after the restore can wait for none of these, but one that was released before can. */
    private void answerParent(Tx tx, RunLifeStore.Open run, RunLifeStore.Waiting parent) {
        var answer = RunJournal.ended(run.runId(), parent.failsWithIt() ? RunStatus.CANCELED.name() : null);
        waitpoints.complete(tx, parent.runId(), parent.waitpointId(), answer, null);
    }

    private static @Nullable JsonNode failedStep(Replay replay) {
        var path = replay.inDoubt();
        if (path == null) {
            return null;
        }
        var name = path.substring(path.lastIndexOf('/') + 1);
        return new FailedStep(
                        name,
                        name,
                        "The run came with a restored database and was ended on its release: this step may have taken"
                                + " effect.")
                .json();
    }
}
