package millrace.draft;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.PrincipalType;
import millrace.definition.FlowJson;
import millrace.definition.FlowVersion;
import millrace.definition.PieceTrigger;
import millrace.definition.Step;
import millrace.definition.Steps;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.RunEnvironment;
import millrace.engine.RunOrigin;
import millrace.expression.Scope;
import millrace.expression.Template;
import millrace.flow.FlowService;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import millrace.nativepiece.Piece;
import millrace.run.FlowRun;
import millrace.run.RunService;
import millrace.run.RunStart;
import org.jspecify.annotations.Nullable;

/**
 * Tries flows before they are published. A test run executes a copy of the version as it is now, in the environment
 * TESTING; lists of runs do not show it.
 */
public final class DraftService {
    /** Whoever tests waits for it (reference/engine-semantics §13.1). */
    private static final int HIGH_PRIORITY = 2;

    /** What an input can name when its secrets are not evaluated: the trigger stands before all steps. */
    private static final Scope NOTHING = new Scope() {
        @Override
        public @Nullable JsonNode root(String name) {
            return null;
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            return null;
        }

        @Override
        public @Nullable JsonNode variable(String name) {
            return null;
        }
    };

    private final FlowService flows;
    private final RunService runs;
    private final TriggerEvents events;
    private final Function<String, Optional<Piece>> pieces;

    /** @param pieces finds a native piece by its npm name */
    public DraftService(
            FlowService flows, RunService runs, TriggerEvents events, Function<String, Optional<Piece>> pieces) {
        this.flows = flows;
        this.runs = runs;
        this.events = events;
        this.pieces = pieces;
    }

    /**
     * Runs a version that need not be published, with the trigger's sample data as its event.
     *
     * @return the run, which has been accepted
     * @throws MillraceException AUTHORIZATION, PERMISSION_DENIED; ENTITY_NOT_FOUND for a version that is not the
     *     project's
     */
    FlowRun testFlow(Principal principal, String projectId, String flowVersionId) {
        var version = flows.versionToTry(principal, Permission.WRITE_RUN, projectId, flowVersionId);
        return start(principal, projectId, version, RunOrigin.NONE);
    }

    /**
     * Runs one step of a version, with the sample data of the other steps around it. What it gives is kept as its own
     * sample data.
     *
     * @return the run, which has been accepted; {@code stepNameToTest} names the step
     * @throws MillraceException as {@link #testFlow}; ENTITY_NOT_FOUND also for a step that the version does not have;
     *     VALIDATION (400) for its trigger, which has a test of its own
     */
    FlowRun testStep(Principal principal, String projectId, String flowVersionId, String stepName) {
        var version = flows.versionToTry(principal, Permission.WRITE_FLOW, projectId, flowVersionId);
        var step = step(version, stepName);
        if (step == version.trigger()) {
            throw MillraceException.invalid("A trigger is tested by POST /v1/test-trigger");
        }
        var outputs = Json.object();
        // Only what the step and the loops around it can name; most flows have far more sample data than a step needs.
        for (var other : Steps.all(version.trigger())) {
            if (other != version.trigger() && !other.name().equals(stepName)) {
                sample(projectId, version, other, false).ifPresent(data -> outputs.set(other.name(), data));
            }
        }
        return start(principal, projectId, version, RunOrigin.of(new RunOrigin.StepTest(stepName, outputs)));
    }

    private FlowRun start(Principal principal, String projectId, FlowVersion version, RunOrigin origin) {
        var event = sample(projectId, version, version.trigger(), false).orElseGet(Json::object);
        var start = new RunStart(
                projectId,
                version.flowId(),
                version.id(),
                RunEnvironment.TESTING,
                event,
                Template.of(version.trigger().input()).censored(NOTHING, Map.of()),
                FlowJson.write(version.trigger()),
                HIGH_PRIORITY,
                origin,
                null,
                principal.type() == PrincipalType.USER ? principal.id() : null);
        try {
            return runs.get(principal, runs.accept(start));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE, "the server is stopping");
        }
    }

    /**
     * What a step gave (or got) when it was tested last; an empty object when it never was.
     *
     * @throws MillraceException as {@link #testFlow}; ENTITY_NOT_FOUND also for a step that the version does not have
     */
    JsonNode sample(
            Principal principal,
            @Nullable String projectId,
            @Nullable String flowId,
            String flowVersionId,
            String stepName,
            boolean input) {
        var version = flows.versionToTry(principal, Permission.READ_FLOW, projectId, flowVersionId);
        if (flowId != null && !flowId.equals(version.flowId())) {
            throw MillraceException.notFound("flow_version", flowVersionId);
        }
        return sample(known(projectId), version, step(version, stepName), input).orElseGet(Json::object);
    }

    private Optional<JsonNode> sample(String projectId, FlowVersion version, Step step, boolean input) {
        var file = flows.findSample(projectId, version, step, input);
        var event = step == version.trigger() && !input
                ? events.newest(projectId, version.flowId(), file)
                : Optional.<JsonNode>empty();
        return event.or(() -> file.flatMap(fileId -> events.read(projectId, fileId)));
    }

    private static String known(@Nullable String projectId) {
        if (projectId == null) {
            throw new IllegalStateException("access lets nobody into no project");
        }
        return projectId;
    }

    private static Step step(FlowVersion version, String stepName) {
        return Steps.find(version.trigger(), stepName).orElseThrow(() -> MillraceException.notFound("step", stepName));
    }

    // ---- triggers

    /** How a trigger is tested (reference/engine-semantics §10.7). */
    enum TestStrategy {
        /** The next event at the flow's address is kept. */
        SIMULATION,
        /** The trigger's piece gives an example. */
        TEST_FUNCTION
    }

    /**
     * Tests the trigger of a version.
     *
     * @return the events that the piece gave, which take the place of the former ones; none for SIMULATION
     * @throws MillraceException as {@link #testFlow}; TEST_TRIGGER_FAILED when the piece has no example
     */
    SeekPage<TriggerEvent> testTrigger(
            Principal principal, String projectId, String flowId, String flowVersionId, TestStrategy strategy) {
        var version = flows.versionToTry(principal, Permission.WRITE_FLOW, projectId, flowVersionId);
        if (!flowId.equals(version.flowId())) {
            throw MillraceException.notFound("flow_version", flowVersionId);
        }
        switch (strategy) {
            case SIMULATION -> {
                flows.listen(projectId, version);
                return SeekPage.whole(List.of());
            }
            case TEST_FUNCTION -> {
                var example = example(version);
                events.forget(projectId, version);
                return SeekPage.whole(events.keep(projectId, version, List.of(example)));
            }
        }
        throw new IllegalStateException("unknown strategy " + strategy);
    }

    private JsonNode example(FlowVersion version) {
        if (!(version.trigger() instanceof PieceTrigger trigger) || trigger.triggerName() == null) {
            throw failed("The flow has no trigger that can be tested");
        }
        var name = trigger.triggerName();
        var definition = pieces.apply(trigger.pieceName())
                .map(piece -> piece.trigger(name))
                .orElseThrow(() -> failed("The trigger " + name + " of " + trigger.pieceName() + " is not available"));
        return definition.sampleData();
    }

    private static MillraceException failed(String message) {
        return MillraceException.of(ErrorCode.TEST_TRIGGER_FAILED, message);
    }

    /** Stops waiting for an event; nothing happens when nobody waits. */
    void stopTrigger(Principal principal, String projectId, String flowId) {
        flows.require(principal, Permission.WRITE_FLOW, projectId, flowId);
        flows.stopListening(flowId);
    }

    /** The kept events of a flow, newest first. */
    SeekPage<TriggerEvent> events(Principal principal, @Nullable String projectId, String flowId, PageRequest page) {
        flows.require(principal, Permission.READ_FLOW, projectId, flowId);
        return events.page(known(projectId), flowId, page);
    }

    /** Keeps an event that somebody has made up. */
    TriggerEvent keepEvent(Principal principal, String projectId, String flowId, JsonNode mockData) {
        flows.require(principal, Permission.WRITE_FLOW, projectId, flowId);
        var version = flows.findLatest(flowId).orElseThrow(() -> MillraceException.notFound("flow", flowId));
        return events.keep(projectId, version, List.of(mockData)).getFirst();
    }
}
