package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.ErrorCode;
import millrace.engine.JournalRecord;
import millrace.engine.MillraceException;
import millrace.engine.RunOrigin;
import millrace.engine.RunStatus;
import millrace.engine.StepStatus;
import millrace.journal.JournalCopy;
import millrace.journal.JournalReader;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import org.jspecify.annotations.Nullable;

/**
 * Starts a run that begins with the finished steps of another. Its journal is a copy of the other's, up to the step
 * where it goes its own way: nothing before that step is executed again, and the other run stays as it is.
 */
public final class RunForks {
    private static final int MEDIUM_PRIORITY = 3;
    private static final String TRIGGER = "trigger";

    private final Database database;
    private final Access access;
    private final RunService runs;
    private final Duration retention;
    private final InstantSource clock;
    private final Ids ids;
    private final RunStore stored = new RunStore();

    /** @param retention after how long the data of runs are gone; named when a fork finds none */
    public RunForks(
            Database database, Access access, RunService runs, Duration retention, InstantSource clock, Ids ids) {
        this.database = database;
        this.access = access;
        this.runs = runs;
        this.retention = retention;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * @return the new run, which waits in the queue; {@code forkedFromRunId} names the old one
     * @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects, and for a step that the run has not
     *     reached; VALIDATION (409) when the run has not ended; VALIDATION (400) for edits that do not fit;
     *     FLOW_RUN_RETRY_OUTSIDE_RETENTION when the run's data are gone
     */
    public FlowRun fork(Principal principal, String runId, Fork fork) {
        var found = database.read(tx -> stored.find(tx, principal.scope(), runId))
                .orElseThrow(() -> MillraceException.notFound("flow_run", runId));
        var parent = found.run();
        access.requireEntity(principal, Permission.WRITE_RUN, parent.projectId(), "flow_run", runId);
        if (!RunStatus.valueOf(parent.status()).terminal()) {
            throw MillraceException.conflict("The run has not ended. Only a run that has ended can be forked.");
        }
        var documents = database.read(tx -> RunStore.documents(tx, runId, found.whole()));
        if (documents.isEmpty()) {
            throw MillraceException.of(
                    ErrorCode.FLOW_RUN_RETRY_OUTSIDE_RETENTION,
                    Map.of("flowRunId", runId, "failedJobRetentionDays", retention.toDays()));
        }
        var records =
                JournalReader.read(documents, (path, part) -> database.read(tx -> stored.blob(tx, runId, path, part)));
        var began = forked(
                (JournalRecord.Began) records.getFirst(), runId, fork.replaced().get(TRIGGER));
        var kept = kept(records, fork);
        kept.set(0, began);
        var now = clock.instant();
        var header = new RunHeader(
                ids.runId(now),
                parent.projectId(),
                parent.flowId(),
                parent.flowVersionId(),
                parent.environment(),
                now,
                MEDIUM_PRIORITY,
                null,
                true,
                null,
                null,
                parent.stepNameToTest());
        var copy = JournalCopy.of(kept);
        database.transact(tx -> {
            RunForkStore.insert(tx, header, RunJournal.packed(began), copy);
            tx.afterCommit(runs::wake);
        });
        return runs.find(Scope.project(parent.projectId()), header.runId()).forkedFrom(runId);
    }

    private static JournalRecord.Began forked(JournalRecord.Began began, String runId, @Nullable JsonNode payload) {
        var origin = began.origin();
        return new JournalRecord.Began(
                began.flowVersionId(),
                began.environment(),
                began.timeZone(),
                payload == null ? began.payload() : payload,
                began.triggerInput(),
                began.draft(),
                new RunOrigin(origin.callers(), runId, origin.test()));
    }

    /** The records before the step, edited; the first of them is the old run's first. */
    private static List<JournalRecord> kept(List<JournalRecord> records, Fork fork) {
        var cut = fork.stepPath().equals(TRIGGER) ? 1 : indexOf(records, fork.stepPath());
        var kept = new ArrayList<>(records.subList(0, cut));
        fork.replaced().forEach((path, output) -> edit(kept, path, output));
        var input = fork.input();
        if (input != null) {
            if (cut == records.size() || fork.stepPath().equals(TRIGGER)) {
                throw MillraceException.invalid("body/input: a trigger gets its output by outputs.trigger");
            }
            kept.add(given(records.get(cut), fork.stepPath(), input));
        }
        return kept;
    }

    private static int indexOf(List<JournalRecord> records, String path) {
        for (var i = 1; i < records.size(); i++) {
            if (path.equals(records.get(i).path())) {
                return i;
            }
        }
        throw MillraceException.notFound("step", path);
    }

    /** Runs follow one step after the other, so every record before a step's first is about what came before it. */
    private static void edit(List<JournalRecord> kept, String path, JsonNode output) {
        if (path.equals(TRIGGER)) {
            return;
        }
        for (var i = kept.size() - 1; i > 0; i--) {
            if (kept.get(i) instanceof JournalRecord.Finished done
                    && done.path().equals(path)
                    && done.status() == StepStatus.SUCCEEDED
                    && (done.type().equals("CODE") || done.type().equals("PIECE"))) {
                kept.set(
                        i,
                        new JournalRecord.Finished(
                                path, done.type(), done.status(), done.input(), output, null, done.millis()));
                return;
            }
        }
        throw MillraceException.invalid("body/outputs/" + path
                + ": only a code or piece step that has succeeded before stepPath can have another output");
    }

    /** @param first the first record that the step left in the old run */
    private static JournalRecord given(JournalRecord first, String path, ObjectNode input) {
        var type = switch (first) {
            case JournalRecord.LoopBegan ignored -> "LOOP_ON_ITEMS";
            case JournalRecord.Finished done -> done.type();
            default -> "";
        };
        switch (type) {
            case "LOOP_ON_ITEMS" -> {
                if (!(input.get("items") instanceof ArrayNode items)) {
                    throw MillraceException.invalid("body/input/items must be array: the step is a loop");
                }
                return new JournalRecord.LoopBegan(path, items);
            }
            case "ROUTER" ->
                throw MillraceException.invalid("body/input: a router has no input; edit the outputs that it looks at");
            default -> {
                return new JournalRecord.Given(path, input);
            }
        }
    }
}
