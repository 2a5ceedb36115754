package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.definition.FlowEditor;
import millrace.definition.FlowJson;
import millrace.definition.FlowOperation;
import millrace.definition.FlowVersion;
import millrace.definition.Step;
import millrace.definition.Steps;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/** What each operation does to a flow whose row is locked (flow-format §9.8). */
final class FlowChanges {
    private final Access access;
    private final FolderService folders;
    private final FlowVersionStore versions;
    private final SampleDataStore sampleData;
    private final Publishing publishing;
    private final FlowEditor editor;
    private final Ids ids;

    FlowChanges(
            Access access,
            FolderService folders,
            FlowVersionStore versions,
            SampleDataStore sampleData,
            Publishing publishing,
            FlowEditor editor,
            Ids ids) {
        this.access = access;
        this.folders = folders;
        this.versions = versions;
        this.sampleData = sampleData;
        this.publishing = publishing;
        this.editor = editor;
        this.ids = ids;
    }

    /** A flow after an operation, and the version that the answer shows. */
    record Changed(Flow flow, FlowVersion version) {}

    /**
     * Before the transaction: who is to own the flow must see its project.
     *
     * @throws MillraceException ENTITY_NOT_FOUND
     */
    void requireNewOwner(Principal principal, String projectId, FlowOperation operation) {
        if (operation instanceof FlowOperation.UpdateOwner update) {
            access.requireEntity(
                    Principal.user(update.ownerId(), principal.platformId()),
                    Permission.READ_FLOW,
                    projectId,
                    "user",
                    update.ownerId());
        }
    }

    Changed apply(Tx tx, Flow flow, FlowOperation operation, @Nullable String userId, Instant now) {
        var latest = versions.latest(tx, flow.id());
        var changed = switch (operation) {
            case FlowOperation.OnDraft edit -> new Changed(flow, edit(tx, latest, edit, userId, now));
            case FlowOperation.UseAsDraft use ->
                new Changed(flow, edit(tx, latest, contentOf(tx, flow, use.versionId()), userId, now));
            case FlowOperation.SaveSampleData save ->
                new Changed(flow, edit(tx, latest, saved(tx, flow, latest, save, now), userId, now));
            case FlowOperation.LockAndPublish publish -> publish(tx, flow, latest, publish, userId, now);
            case FlowOperation.ChangeStatus change -> new Changed(switched(tx, flow, change, now), latest);
            case FlowOperation.ChangeFolder change -> new Changed(moved(tx, flow, change), latest);
            case FlowOperation.UpdateMetadata update -> new Changed(flow.described(update.metadata()), latest);
            case FlowOperation.UpdateMinutesSaved update ->
                new Changed(flow.saving(minutes(update.timeSavedPerRun())), latest);
            case FlowOperation.UpdateOwner update -> new Changed(flow.owned(update.ownerId()), latest);
        };
        return new Changed(changed.flow().at(now), changed.version());
    }

    /** Edits the draft; on top of a locked version a new one is begun. */
    private FlowVersion edit(
            Tx tx, FlowVersion latest, FlowOperation.OnDraft operation, @Nullable String userId, Instant now) {
        if (latest.state() == FlowVersion.State.DRAFT) {
            var edited = editor.apply(latest, operation, userId, now).editedBy(userId);
            versions.update(tx, edited);
            return edited;
        }
        // The latest version is the one with the greatest moment of creation, whatever the clock does.
        Instant after = latest.created().plus(1, ChronoUnit.MICROS);
        var draft = latest.asDraft(ids.random(), now.isAfter(after) ? now : after);
        var edited = editor.apply(draft, operation, userId, now).editedBy(userId);
        versions.insert(tx, edited);
        return edited;
    }

    private FlowOperation.OnDraft contentOf(Tx tx, Flow flow, String versionId) {
        var version = versions.find(tx, flow.id(), versionId)
                .orElseThrow(() -> MillraceException.notFound("flow_version", versionId));
        return new FlowOperation.ImportFlow(
                version.displayName(), FlowJson.write(version.trigger()), version.schemaVersion(), version.notes());
    }

    private FlowOperation.OnDraft saved(
            Tx tx, Flow flow, FlowVersion latest, FlowOperation.SaveSampleData save, Instant now) {
        Step step = Steps.find(latest.trigger(), save.stepName())
                .orElseThrow(() -> MillraceException.notFound("step", save.stepName()));
        String fileId = ids.random();
        sampleData.insert(tx, fileId, flow, latest.id(), save.stepName(), save.input(), save.payload(), now);
        var info = Json.object();
        for (String key : new String[] {"sampleDataFileId", "sampleDataInputFileId"}) {
            JsonNode old = step.settings().path("sampleData").get(key);
            if (old != null) {
                info.set(key, old);
            }
        }
        info.put(save.input() ? "sampleDataInputFileId" : "sampleDataFileId", fileId);
        return new FlowOperation.UpdateSampleDataInfo(save.stepName(), info);
    }

    private Changed publish(
            Tx tx,
            Flow flow,
            FlowVersion latest,
            FlowOperation.LockAndPublish publish,
            @Nullable String userId,
            Instant now) {
        publishing.requirePublishable(latest);
        var locked = latest;
        if (latest.state() == FlowVersion.State.DRAFT) {
            locked = editor.apply(latest, new FlowOperation.LockFlow(), userId, now)
                    .editedBy(userId);
            versions.update(tx, locked);
        }
        var published = flow.published(locked.id(), publish.enable() ? FlowStatus.ENABLED : FlowStatus.DISABLED);
        publishing.register(tx, published, locked, now);
        return new Changed(published, locked);
    }

    private Flow switched(Tx tx, Flow flow, FlowOperation.ChangeStatus change, Instant now) {
        var status = change.enable() ? FlowStatus.ENABLED : FlowStatus.DISABLED;
        if (flow.status() == status) {
            return flow;
        }
        String published = flow.publishedVersionId();
        if (published == null) {
            throw MillraceException.notFound("flow_version", "the published version of flow " + flow.id());
        }
        var version = versions.find(tx, flow.id(), published)
                .orElseThrow(() -> new IllegalStateException("the published version " + published + " is gone"));
        var switched = flow.switched(status);
        publishing.register(tx, switched, version, now);
        return switched;
    }

    private Flow moved(Tx tx, Flow flow, FlowOperation.ChangeFolder change) {
        if (change.folderId() != null) {
            folders.requireIn(tx, flow.projectId(), change.folderId());
        }
        return flow.inFolder(change.folderId());
    }

    private static @Nullable Integer minutes(@Nullable JsonNode number) {
        if (number == null) {
            return null;
        }
        if (number.doubleValue() != number.intValue() || number.intValue() < 0) {
            throw MillraceException.invalid("request.timeSavedPerRun: whole minutes from 0 on are expected");
        }
        return number.intValue();
    }
}
