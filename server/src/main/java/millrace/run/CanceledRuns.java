package millrace.run;

import java.util.List;
import java.util.Optional;
import millrace.database.Tx;
import millrace.engine.FailedStep;
import millrace.engine.Program;
import millrace.engine.Replay;
import millrace.engine.RunStatus;
import millrace.journal.JournalReader;
import millrace.journal.RunJournal;

/** Ends runs that no process executes, in the caller's transaction, which has locked them. */
final class CanceledRuns {
    private final RunStore stored = new RunStore();
    private final RunLifeStore life = new RunLifeStore();
    private final WaitpointStore waitpoints = new WaitpointStore();

    /** @param inDoubt what is said of the step at which the journal stops: nobody knows whether it has happened */
    void end(Tx tx, RunLifeStore.Open run, String inDoubt) {
        var documents = RunStore.documents(tx, run.runId(), null);
        var failedStep = Optional.ofNullable(FailedStep.inDoubt(replay(tx, run.runId(), documents), inDoubt));
        life.endCanceled(
                tx, run, !documents.isEmpty(), failedStep.map(FailedStep::json).orElse(null));
    }

    /** What its journal tells of the run. */
    Replay replay(Tx tx, String runId) {
        return replay(tx, runId, RunStore.documents(tx, runId, null));
    }

    private Replay replay(Tx tx, String runId, List<byte[]> documents) {
        var replay = Replay.of(Program.empty());
        for (var document : documents) {
            JournalReader.read(List.of(document), (path, part) -> stored.blob(tx, runId, path, part))
                    .forEach(replay::add);
        }
        return replay;
    }

    /** As every end of a run does, whoever brings it about. @return whether a run waits for this one's */
    boolean answerParent(Tx tx, RunLifeStore.Open run) {
        var parent = run.parent();
        if (parent == null) {
            return false;
        }
        var answer = RunJournal.ended(run.runId(), parent.failsWithIt() ? RunStatus.CANCELED.name() : null);
        waitpoints.complete(tx, parent.runId(), parent.waitpointId(), answer, null);
        return true;
    }
}
