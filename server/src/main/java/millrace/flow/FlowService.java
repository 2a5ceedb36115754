package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.PrincipalType;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.definition.FlowEditor;
import millrace.definition.FlowOperation;
import millrace.definition.FlowVersion;
import millrace.definition.PieceCatalogue;
import millrace.definition.PieceTrigger;
import millrace.definition.Step;
import millrace.definition.Steps;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Makes, lists, edits, publishes and deletes flows, and tells runs what to execute. */
public final class FlowService {
    static final String ENTITY = "flow";

    private final Database database;
    private final Access access;
    private final Ids ids;
    private final InstantSource clock;
    private final FolderService folders;
    private final FlowStore flows = new FlowStore();
    private final FlowVersionStore versions = new FlowVersionStore();
    private final SampleDataStore sampleData = new SampleDataStore();
    private final TriggerSourceStore triggers = new TriggerSourceStore();
    private final FlowChanges changes;
    private final RunnableFlows runnable;

    /** @param catalogue which pieces there are and what they take: decides whether a version is valid */
    public FlowService(
            Database database,
            Access access,
            Ids ids,
            InstantSource clock,
            FolderService folders,
            PieceCatalogue catalogue) {
        this.database = database;
        this.access = access;
        this.ids = ids;
        this.clock = clock;
        this.folders = folders;
        var publishing = new Publishing(triggers, catalogue, ids);
        this.changes =
                new FlowChanges(access, folders, versions, sampleData, publishing, new FlowEditor(catalogue), ids);
        this.runnable = new RunnableFlows(
                flowId -> database.read(tx -> flows.findRunnable(tx, flowId)),
                versionId -> database.read(tx -> versions.findForRun(tx, versionId)));
    }

    /**
     * Makes a disabled flow with an empty draft.
     *
     * @throws MillraceException AUTHORIZATION for a project that is not the principal's; ENTITY_NOT_FOUND for a folder
     *     that the project does not have
     */
    public PopulatedFlow create(Principal principal, NewFlow request) {
        access.require(principal, Permission.WRITE_FLOW, request.projectId());
        String projectId = known(request.projectId());
        return database.transaction(tx -> {
            Instant now = now();
            var flow = Flow.create(ids.random(), projectId, userId(principal), filed(tx, projectId, request), now);
            var version = FlowVersion.first(ids.random(), flow.id(), request.displayName(), userId(principal), now);
            flows.insert(tx, flow);
            versions.insert(tx, version);
            return PopulatedFlow.of(flow, version);
        });
    }

    private NewFlow filed(Tx tx, String projectId, NewFlow request) {
        if (request.folderId() != null) {
            folders.requireIn(tx, projectId, request.folderId());
            return request;
        }
        return request.folderName() == null
                ? request
                : request.into(folders.findOrCreate(tx, projectId, request.folderName()));
    }

    public SeekPage<PopulatedFlow> page(Principal principal, FlowFilter filter, PageRequest page) {
        access.require(principal, Permission.READ_FLOW, filter.projectId());
        var scope = Scope.project(known(filter.projectId()));
        return database.list(tx -> flows.page(tx, scope, filter, page))
                .map(listed -> PopulatedFlow.of(listed.flow(), listed.version()));
    }

    public int count(Principal principal, FlowFilter filter) {
        access.require(principal, Permission.READ_FLOW, filter.projectId());
        var scope = Scope.project(known(filter.projectId()));
        return database.list(tx -> flows.count(tx, scope, filter));
    }

    /**
     * @param versionId null for the latest version
     * @throws MillraceException ENTITY_NOT_FOUND for the flow or a version that it does not have
     */
    public PopulatedFlow get(Principal principal, String flowId, @Nullable String versionId) {
        var flow = visible(principal, flowId, Permission.READ_FLOW);
        return PopulatedFlow.of(flow, database.read(tx -> version(tx, flowId, versionId)));
    }

    /** The flow for another installation: without connections and sample data. */
    public SharedTemplate template(Principal principal, String flowId, @Nullable String versionId) {
        visible(principal, flowId, Permission.READ_FLOW);
        return Export.template(database.read(tx -> version(tx, flowId, versionId)));
    }

    public SeekPage<FlowVersionMetadata> versions(Principal principal, String flowId, PageRequest page) {
        visible(principal, flowId, Permission.READ_FLOW);
        return database.list(tx -> versions.page(tx, flowId, page));
    }

    private FlowVersion version(Tx tx, String flowId, @Nullable String versionId) {
        return versionId == null
                ? versions.latest(tx, flowId)
                : versions.find(tx, flowId, versionId)
                        .orElseThrow(() -> MillraceException.notFound("flow_version", versionId));
    }

    /**
     * Applies one operation and answers the flow as it is afterwards. Edits of one flow come one after the other.
     *
     * <p>A locked version is never changed: the first edit after publishing starts a new draft on top of it.
     *
     * @throws MillraceException ENTITY_NOT_FOUND outside the principal's projects; FLOW_OPERATION_INVALID when the
     *     operation does not fit, in which case nothing changes; others as {@link FlowEditor#apply} says
     */
    public PopulatedFlow change(Principal principal, String flowId, FlowOperation operation) {
        var permission = switch (operation) {
            case FlowOperation.LockAndPublish publish -> Permission.UPDATE_FLOW_STATUS;
            case FlowOperation.ChangeStatus change -> Permission.UPDATE_FLOW_STATUS;
            case FlowOperation.OnDraft edit -> Permission.WRITE_FLOW;
            case FlowOperation.OnFlow change -> Permission.WRITE_FLOW;
        };
        var visible = visible(principal, flowId, permission);
        changes.requireNewOwner(principal, visible.projectId(), operation);
        return database.transaction(tx -> {
            var flow = flows.lock(tx, principal.scope(), flowId).orElseThrow(() -> notFound(flowId));
            var changed = changes.apply(tx, flow, operation, userId(principal), now());
            flows.update(tx, changed.flow());
            tx.afterCommit(() -> runnable.forget(flowId));
            return PopulatedFlow.of(changed.flow(), changed.version());
        });
    }

    /**
     * Deletes the flow with its versions, registrations and sample data; its runs stay until their retention ends.
     *
     * @throws MillraceException ENTITY_NOT_FOUND
     */
    public void delete(Principal principal, String flowId) {
        visible(principal, flowId, Permission.WRITE_FLOW);
        database.transact(tx -> {
            var flow = flows.lock(tx, principal.scope(), flowId).orElseThrow(() -> notFound(flowId));
            triggers.unregister(tx, flowId, false, now());
            triggers.unregister(tx, flowId, true, now());
            sampleData.deleteOfFlow(tx, flow);
            flows.delete(tx, flowId);
            tx.afterCommit(() -> runnable.forget(flowId));
        });
    }

    // ---- tests

    /**
     * A version of the project that somebody wants to try.
     *
     * @throws MillraceException AUTHORIZATION for a project that is not the principal's; ENTITY_NOT_FOUND for a version
     *     that the project does not have
     */
    public FlowVersion versionToTry(
            Principal principal, Permission permission, @Nullable String projectId, String flowVersionId) {
        access.require(principal, permission, projectId);
        var scope = Scope.project(known(projectId));
        return database.read(tx -> versions.findForRun(tx, flowVersionId)
                .filter(version -> flows.find(tx, scope, version.flowId()).isPresent())
                .orElseThrow(() -> MillraceException.notFound("flow_version", flowVersionId)));
    }

    /** The latest version of a flow; empty for a flow that is gone. */
    public Optional<FlowVersion> findLatest(String flowId) {
        return find(flowId).flatMap(flow -> findVersion(flow.latestVersionId()));
    }

    /**
     * The file with what the step gave (or got) when it was tested last; empty when it never was.
     *
     * @param input whether what it got is meant
     */
    public Optional<String> findSample(String projectId, FlowVersion version, Step step, boolean input) {
        var named = step.settings()
                .path("sampleData")
                .path(input ? "sampleDataInputFileId" : "sampleDataFileId")
                .textValue();
        return named != null
                ? Optional.of(named)
                : database.read(tx -> flows.find(tx, Scope.project(projectId), version.flowId())
                        .flatMap(flow -> sampleData.newest(tx, flow, version.id(), step.name(), input)));
    }

    /**
     * Keeps what a step gave that was tested. A draft names it in its document; a locked version stays as it is, and its
     * sample data are found by its id.
     *
     * @param input null when it got nothing
     * @param output null when it gave nothing
     */
    public void keepSample(
            String projectId,
            String flowId,
            String versionId,
            String stepName,
            @Nullable JsonNode input,
            @Nullable JsonNode output) {
        database.transact(tx -> {
            var flow = flows.lock(tx, Scope.project(projectId), flowId).orElse(null);
            if (flow == null) {
                return;
            }
            keepSample(tx, flow, versionId, stepName, true, input);
            keepSample(tx, flow, versionId, stepName, false, output);
            tx.afterCommit(() -> runnable.forget(flowId));
        });
    }

    private void keepSample(
            Tx tx, Flow flow, String versionId, String stepName, boolean input, @Nullable JsonNode data) {
        if (data == null) {
            return;
        }
        var latest = versions.latest(tx, flow.id());
        if (latest.id().equals(versionId)
                && latest.state() == FlowVersion.State.DRAFT
                && Steps.find(latest.trigger(), stepName).isPresent()) {
            changes.apply(tx, flow, new FlowOperation.SaveSampleData(stepName, data, input), latest.updatedBy(), now());
        } else {
            sampleData.insert(tx, ids.random(), flow, versionId, stepName, input, data, now());
        }
    }

    /**
     * Starts to listen for an event of the flow's trigger: the next delivery is kept, whatever the flow's status.
     *
     * @throws MillraceException TEST_TRIGGER_FAILED when the version has no trigger of a piece
     */
    public void listen(String projectId, FlowVersion version) {
        if (!(version.trigger() instanceof PieceTrigger trigger) || trigger.triggerName() == null) {
            throw MillraceException.of(ErrorCode.TEST_TRIGGER_FAILED, "The flow has no trigger that can be tested");
        }
        database.transact(tx -> {
            var flow = flows.lock(tx, Scope.project(projectId), version.flowId())
                    .orElseThrow(() -> notFound(version.flowId()));
            triggers.unregister(tx, flow.id(), true, now());
            triggers.registerListener(tx, ids.random(), flow, version.id(), trigger, now());
            tx.afterCommit(() -> runnable.forget(flow.id()));
        });
    }

    /** Stops listening; none there is fine. */
    public void stopListening(String flowId) {
        database.transact(tx -> {
            triggers.unregister(tx, flowId, true, now());
            tx.afterCommit(() -> runnable.forget(flowId));
        });
    }

    /**
     * The project's flow, for those who may do this with it.
     *
     * @throws MillraceException AUTHORIZATION for a project that is not the principal's; ENTITY_NOT_FOUND for a flow
     *     that the project does not have
     */
    public void require(Principal principal, Permission permission, @Nullable String projectId, String flowId) {
        access.require(principal, permission, projectId);
        if (database.read(tx -> flows.find(tx, Scope.project(known(projectId)), flowId))
                .isEmpty()) {
            throw notFound(flowId);
        }
    }

    /** What a webhook needs to know of a flow, from memory in most cases; at most one second old. */
    public Optional<RunnableFlow> find(String flowId) {
        return runnable.find(flowId);
    }

    /** The same for a flow of the project that is named as other installations name it. */
    public Optional<RunnableFlow> find(String projectId, String externalId) {
        return database.read(tx -> flows.findByExternalId(tx, projectId, externalId))
                .flatMap(this::find);
    }

    /** A version for a run that is allowed to execute it; locked ones come from memory in most cases. */
    public Optional<FlowVersion> findVersion(String versionId) {
        return runnable.version(versionId);
    }

    private Flow visible(Principal principal, String flowId, Permission permission) {
        var flow =
                database.read(tx -> flows.find(tx, principal.scope(), flowId)).orElseThrow(() -> notFound(flowId));
        access.requireEntity(principal, permission, flow.projectId(), ENTITY, flowId);
        return flow;
    }

    private static MillraceException notFound(String flowId) {
        return MillraceException.notFound(ENTITY, flowId);
    }

    /** Microseconds are what both databases keep. */
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static @Nullable String userId(Principal principal) {
        return principal.type() == PrincipalType.USER ? principal.id() : null;
    }

    private static String known(@Nullable String projectId) {
        if (projectId == null) {
            throw new IllegalStateException("access lets nobody into no project");
        }
        return projectId;
    }
}
