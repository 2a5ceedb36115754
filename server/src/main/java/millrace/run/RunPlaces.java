package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import millrace.database.Ids;
import millrace.definition.Trigger;
import millrace.engine.Effect;
import millrace.engine.JournalRecord;
import millrace.engine.Resumption;
import millrace.engine.RunEnvironment;
import millrace.engine.RunOrigin;
import millrace.expression.ReferenceFailure;
import millrace.journal.RunHeader;
import millrace.journal.RunJournal;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.StepRun;
import org.jspecify.annotations.Nullable;

/** Shows native pieces the run that they are called in. */
public final class RunPlaces {
    private static final String WAITPOINTS = "/waitpoints/";

    private final Ids ids;
    private final InstantSource clock;
    private final String runsUrl;
    private final CallableFlows flows;
    private final CallBounds bounds;
    private final Entries entries;
    private final Function<String, ProjectTables> tables;
    private final Connections connections;

    /** Looks into the key-value store. */
    @FunctionalInterface
    public interface Entries {
        /** @return what the project has under the key; empty when it has nothing */
        Optional<JsonNode> find(String projectId, String key);
    }

    /** Reads connections. */
    @FunctionalInterface
    public interface Connections {
        /** @throws ReferenceFailure when there is none, or it must be connected again */
        JsonNode value(String projectId, String externalId);
    }

    /** Finds flows that a step may start. */
    @FunctionalInterface
    public interface CallableFlows {
        /** @return empty when there is none of this name in the project, or it is not enabled */
        Optional<CallableFlow> find(String projectId, String externalId);
    }

    /** A flow as it is published. */
    public record CallableFlow(String flowId, String flowVersionId, Trigger trigger) {}

    /**
     * @param publicUrl where links begin, without a slash at its end
     * @param bounds asked before a run starts another
     * @param tables those of a project
     */
    public RunPlaces(
            Ids ids,
            InstantSource clock,
            URI publicUrl,
            CallableFlows flows,
            CallBounds bounds,
            Entries entries,
            Function<String, ProjectTables> tables,
            Connections connections) {
        this.ids = ids;
        this.clock = clock;
        this.runsUrl = publicUrl + "/api/v1/flow-runs/";
        this.flows = flows;
        this.bounds = bounds;
        this.entries = entries;
        this.tables = tables;
        this.connections = connections;
    }

    StepRun of(RunHeader run, JournalRecord.Began began, @Nullable Resumption resumed) {
        return new Place(run, began, clock.instant(), resumed);
    }

    /** The flows whose runs led to what this run starts, its own last. */
    static List<String> callers(RunHeader run, JournalRecord.Began began) {
        var callers = new ArrayList<>(began.origin().callers());
        callers.add(run.flowId());
        return callers;
    }

    private final class Place implements StepRun {
        private final RunHeader run;
        private final JournalRecord.Began ofRun;
        private final Instant now;
        private final @Nullable Resumption resumed;

        Place(RunHeader run, JournalRecord.Began ofRun, Instant now, @Nullable Resumption resumed) {
            this.run = run;
            this.ofRun = ofRun;
            this.now = now;
            this.resumed = resumed;
        }

        @Override
        public String id() {
            return run.runId();
        }

        @Override
        public String flowId() {
            return run.flowId();
        }

        @Override
        public @Nullable JsonNode entry(String key) {
            return entries.find(run.projectId(), key).orElse(null);
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            try {
                return connections.value(run.projectId(), externalId);
            } catch (ReferenceFailure failure) {
                if (failure.errorName().equals(ReferenceFailure.CONNECTION_NOT_FOUND)) {
                    return null;
                }
                throw new PieceFailure(failure.errorName(), String.valueOf(failure.getMessage()));
            }
        }

        @Override
        public ProjectTables tables() {
            return tables.apply(run.projectId());
        }

        @Override
        public boolean stepTest() {
            return run.stepNameToTest() != null;
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public @Nullable Resumption resumed() {
            return resumed;
        }

        @Override
        public Waitpoint newWaitpoint() {
            var id = ids.random();
            var base = runsUrl + run.runId();
            return new Waitpoint(id, base + WAITPOINTS + id, base + "/requests/" + id);
        }

        @Override
        public String secret() {
            return ids.random();
        }

        @Override
        public JsonNode triggerOutput() {
            return ofRun.payload();
        }

        @Override
        public Effect.StartRun startFlow(String externalId, JsonNode payload, @Nullable String waitpointId) {
            var flow = flows.find(run.projectId(), externalId)
                    .orElseThrow(
                            () -> new PieceFailure("There is no enabled flow " + externalId + " in this project."));
            var callers = callers(run, ofRun);
            var refusal = bounds.refusal(callers, flow.flowId());
            if (refusal != null) {
                throw new PieceFailure(refusal);
            }
            var began = new JournalRecord.Began(
                    flow.flowVersionId(),
                    RunEnvironment.PRODUCTION,
                    "UTC",
                    payload,
                    flow.trigger().input(),
                    null,
                    RunOrigin.calledBy(callers));
            return new Effect.StartRun(ids.runId(now), now, flow.flowId(), began, waitpointId);
        }

        @Override
        public Effect.@Nullable CompleteWaitpoint answer(String url, JsonNode body) {
            var parts =
                    url.startsWith(runsUrl) ? url.substring(runsUrl.length()).split(WAITPOINTS, -1) : new String[0];
            return parts.length == 2 && Ids.isId(parts[0]) && Ids.isId(parts[1])
                    ? new Effect.CompleteWaitpoint(parts[0], parts[1], RunJournal.answer(body))
                    : null;
        }
    }
}
