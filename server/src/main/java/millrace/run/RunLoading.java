package millrace.run;

import java.util.ArrayList;
import java.util.List;
import millrace.database.Tx;
import millrace.definition.FlowJson;
import millrace.engine.Event;
import millrace.engine.Execution;
import millrace.engine.JournalRecord;
import millrace.engine.Program;
import millrace.engine.Replay;
import millrace.engine.RunStatus;
import millrace.journal.JournalReader;

/**
 * Tries whether this program can go on with every run that has not ended, as after an upgrade: reads its journal,
 * compiles its flow and walks to the place where it stands. Calls and changes nothing.
 */
public final class RunLoading {
    private static final int BATCH = 200;
    private static final int TOLD = 100;

    private final UnendedRunStore unended = new UnendedRunStore();
    private final RunStore runs = new RunStore();

    /**
     * What was tried.
     *
     * @param others runs that had not ended and were not paused
     * @param failures the first of those that do not load, each with its id and the reason
     */
    public record Loaded(int paused, int others, List<String> failures) {
        public Loaded {
            failures = List.copyOf(failures);
        }
    }

    public Loaded tryAll(Tx tx) {
        var programs = new Programs(id -> unended.document(tx, id).map(FlowJson::read), Program.Effects.ALL);
        var failures = new ArrayList<String>();
        int paused = 0;
        int others = 0;
        var batch = unended.after(tx, "", BATCH);
        while (!batch.isEmpty()) {
            for (var run : batch) {
                if (run.status().equals(RunStatus.PAUSED.name())) {
                    paused++;
                } else {
                    others++;
                }
                try {
                    load(tx, run, programs);
                } catch (RuntimeException e) {
                    if (failures.size() < TOLD) {
                        failures.add("run " + run.id() + ": " + e.getMessage());
                    }
                }
            }
            batch = unended.after(tx, batch.getLast().id(), BATCH);
        }
        return new Loaded(paused, others, failures);
    }

    private void load(Tx tx, UnendedRunStore.Row run, Programs programs) {
        RunStatus.valueOf(run.status());
        JournalReader.Blobs blobs = (path, part) -> runs.blob(tx, run.id(), path, part);
        var began = (JournalRecord.Began)
                JournalReader.read(List.of(run.began()), blobs).getFirst();
        // Without its version a run ends when it is taken up, in every program.
        var program = programs.of(began).orElse(Program.empty());
        var replay = Replay.of(program);
        for (var document : RunStore.documents(tx, run.id(), null)) {
            JournalReader.read(List.of(document), blobs).forEach(replay::add);
        }
        Execution.of(program, began, replay).next(new Event.Begin());
    }
}
