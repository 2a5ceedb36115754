package millrace.run;

import java.util.List;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.RunFlush;
import millrace.database.Tx;

/**
 * Runs that came with a restored database. It is behind the world: what they were about to do has happened since. So
 * nobody claims them until the operator has decided; answers to their waitpoints are kept meanwhile.
 */
public final class HeldRuns {
    private static final int BATCH = 200;
    private static final String ENDED_IN_DOUBT =
            "The run came with a restored database and was ended on its release: this step may have taken effect.";
    private static final Scope SCOPE = Scope.system("what a restored database brought along");

    private final HeldRunStore held = new HeldRunStore();
    private final RunLifeStore life = new RunLifeStore();
    private final CanceledRuns canceled = new CanceledRuns();

    /** Holds every run that has not ended. @return how many */
    public int hold(Tx tx) {
        return held.hold(tx);
    }

    /** Whether what was written once is there; also when more was written since. */
    public boolean has(Tx tx, RunFlush flush) {
        return held.has(tx, flush);
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
                        canceled.replay(tx, run.id()).inDoubt(),
                        run.dueAt()))
                .toList();
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
                canceled.end(tx, open, ENDED_IN_DOUBT);
                // A run that began after the restore can wait for none of these, but one that was released before can.
                if (parent == null) {
                    canceled.answerParent(tx, open);
                }
                ended++;
            }
            next = parent;
        }
        return ended;
    }
}
