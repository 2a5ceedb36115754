package millrace.flow;

import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import millrace.database.Seek;
import millrace.database.Tx;
import millrace.definition.FlowJson;
import millrace.definition.FlowVersion;
import millrace.definition.Step;
import millrace.definition.Steps;
import millrace.engine.Json;
import millrace.expression.Template;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jooq.Record;

/** The versions of flows. Callers have checked the flow; a version is reached only together with its flow's id. */
final class FlowVersionStore {
    private static final Seek NEWEST_FIRST = new Seek(FLOW_VERSION.CREATED, FLOW_VERSION.ID, true);

    void insert(Tx tx, FlowVersion version) {
        tx.sql()
                .insertInto(FLOW_VERSION)
                .set(FLOW_VERSION.ID, version.id())
                .set(FLOW_VERSION.CREATED, version.created())
                .set(FLOW_VERSION.UPDATED, version.updated())
                .set(FLOW_VERSION.FLOW_ID, version.flowId())
                .set(FLOW_VERSION.DISPLAY_NAME, version.displayName())
                .set(FLOW_VERSION.TRIGGER, FlowJson.write(version.trigger()))
                .set(FLOW_VERSION.SCHEMA_VERSION, version.schemaVersion())
                .set(FLOW_VERSION.STATE, version.state().name())
                .set(FLOW_VERSION.VALID, version.valid())
                .set(FLOW_VERSION.CONNECTION_IDS, version.connectionIds())
                .set(FLOW_VERSION.AGENT_IDS, version.agentIds())
                .set(FLOW_VERSION.VARIABLE_NAMES, variables(version))
                .set(FLOW_VERSION.UPDATED_BY, version.updatedBy())
                .set(FLOW_VERSION.BACKUP_FILES, version.backupFiles())
                .set(FLOW_VERSION.NOTES, notes(version))
                .execute();
    }

    /** Writes a draft, or locks it. A locked version is never written again. */
    void update(Tx tx, FlowVersion version) {
        int count = tx.sql()
                .update(FLOW_VERSION)
                .set(FLOW_VERSION.UPDATED, version.updated())
                .set(FLOW_VERSION.DISPLAY_NAME, version.displayName())
                .set(FLOW_VERSION.TRIGGER, FlowJson.write(version.trigger()))
                .set(FLOW_VERSION.SCHEMA_VERSION, version.schemaVersion())
                .set(FLOW_VERSION.STATE, version.state().name())
                .set(FLOW_VERSION.VALID, version.valid())
                .set(FLOW_VERSION.CONNECTION_IDS, version.connectionIds())
                .set(FLOW_VERSION.AGENT_IDS, version.agentIds())
                .set(FLOW_VERSION.VARIABLE_NAMES, variables(version))
                .set(FLOW_VERSION.UPDATED_BY, version.updatedBy())
                .set(FLOW_VERSION.NOTES, notes(version))
                .where(FLOW_VERSION.ID.eq(version.id()), FLOW_VERSION.STATE.eq(FlowVersion.State.DRAFT.name()))
                .execute();
        if (count != 1) {
            throw new IllegalStateException("version " + version.id() + " is no draft any more");
        }
    }

    private static List<String> variables(FlowVersion version) {
        var names = new LinkedHashSet<String>();
        for (Step step : Steps.all(version.trigger())) {
            names.addAll(Template.of(step.input()).variableNames());
        }
        return List.copyOf(names);
    }

    private static JsonNode notes(FlowVersion version) {
        var notes = Json.array();
        version.notes().forEach(notes::add);
        return notes;
    }

    /** The newest version; every flow has one. */
    FlowVersion latest(Tx tx, String flowId) {
        return tx.sql()
                .selectFrom(FLOW_VERSION)
                .where(FLOW_VERSION.FLOW_ID.eq(flowId))
                .orderBy(FLOW_VERSION.CREATED.desc(), FLOW_VERSION.ID.desc())
                .limit(1)
                .fetchOptional(FlowVersionStore::fromRow)
                .orElseThrow(() -> new IllegalStateException("flow " + flowId + " has no version"));
    }

    /** A version of this flow. */
    Optional<FlowVersion> find(Tx tx, String flowId, String versionId) {
        return tx.sql()
                .selectFrom(FLOW_VERSION)
                .where(FLOW_VERSION.ID.eq(versionId), FLOW_VERSION.FLOW_ID.eq(flowId))
                .fetchOptional(FlowVersionStore::fromRow);
    }

    /** For runs, which know the version only. */
    Optional<FlowVersion> findForRun(Tx tx, String versionId) {
        return tx.sql()
                .selectFrom(FLOW_VERSION)
                .where(FLOW_VERSION.ID.eq(versionId))
                .fetchOptional(FlowVersionStore::fromRow);
    }

    /** Of all flows, in the order of the ids, those after this one. */
    List<String> idsAfter(Tx tx, String versionId, int limit) {
        return tx.sql()
                .select(FLOW_VERSION.ID)
                .from(FLOW_VERSION)
                .where(FLOW_VERSION.ID.gt(versionId))
                .orderBy(FLOW_VERSION.ID)
                .limit(limit)
                .fetch(FLOW_VERSION.ID);
    }

    /** Newest first, without documents. Served by idx_flow_version_flow_id_created_desc. */
    SeekPage<FlowVersionMetadata> page(Tx tx, String flowId, PageRequest page) {
        var rows = tx.sql()
                .select(
                        FLOW_VERSION.ID,
                        FLOW_VERSION.CREATED,
                        FLOW_VERSION.UPDATED,
                        FLOW_VERSION.FLOW_ID,
                        FLOW_VERSION.DISPLAY_NAME,
                        FLOW_VERSION.VALID,
                        FLOW_VERSION.STATE,
                        FLOW_VERSION.UPDATED_BY,
                        FLOW_VERSION.SCHEMA_VERSION)
                .select(USER.fields())
                .select(USER_IDENTITY.EMAIL, USER_IDENTITY.FIRST_NAME, USER_IDENTITY.LAST_NAME, USER_IDENTITY.IMAGE_URL)
                .from(FLOW_VERSION)
                .leftJoin(USER)
                .on(USER.ID.eq(FLOW_VERSION.UPDATED_BY))
                .leftJoin(USER_IDENTITY)
                .on(USER_IDENTITY.ID.eq(USER.IDENTITY_ID))
                .where(FLOW_VERSION.FLOW_ID.eq(flowId), PageStore.beyond(NEWEST_FIRST, "created", page))
                .orderBy(NEWEST_FIRST.order(page.backwards()))
                .limit(page.fetchSize())
                .fetch(FlowVersionStore::metadata);
        return SeekPage.of(rows, page, version -> Cursor.Keys.of("created", version.created(), version.id()));
    }

    private static FlowVersionMetadata metadata(Record row) {
        return new FlowVersionMetadata(
                row.get(FLOW_VERSION.ID),
                row.get(FLOW_VERSION.CREATED),
                row.get(FLOW_VERSION.UPDATED),
                row.get(FLOW_VERSION.FLOW_ID),
                row.get(FLOW_VERSION.DISPLAY_NAME),
                row.get(FLOW_VERSION.VALID),
                FlowVersion.State.valueOf(row.get(FLOW_VERSION.STATE)),
                row.get(FLOW_VERSION.UPDATED_BY),
                row.get(FLOW_VERSION.SCHEMA_VERSION),
                row.get(USER.ID) == null
                        ? null
                        : new FlowVersionMetadata.Editor(
                                row.get(USER.ID),
                                row.get(USER.CREATED),
                                row.get(USER.UPDATED),
                                row.get(USER_IDENTITY.EMAIL),
                                row.get(USER_IDENTITY.FIRST_NAME),
                                row.get(USER_IDENTITY.LAST_NAME),
                                row.get(USER.STATUS),
                                row.get(USER.PLATFORM_ROLE),
                                row.get(USER.PLATFORM_ID),
                                row.get(USER.EXTERNAL_ID),
                                row.get(USER.LAST_ACTIVE_DATE),
                                row.get(USER_IDENTITY.IMAGE_URL)));
    }

    static FlowVersion fromRow(Record row) {
        var notes = new ArrayList<ObjectNode>();
        for (JsonNode note : row.get(FLOW_VERSION.NOTES)) {
            notes.add((ObjectNode) note);
        }
        return new FlowVersion(
                row.get(FLOW_VERSION.ID),
                row.get(FLOW_VERSION.CREATED),
                row.get(FLOW_VERSION.UPDATED),
                row.get(FLOW_VERSION.FLOW_ID),
                row.get(FLOW_VERSION.DISPLAY_NAME),
                FlowJson.read(row.get(FLOW_VERSION.TRIGGER)),
                row.get(FLOW_VERSION.UPDATED_BY),
                row.get(FLOW_VERSION.VALID),
                row.get(FLOW_VERSION.SCHEMA_VERSION),
                row.get(FLOW_VERSION.AGENT_IDS),
                row.get(FLOW_VERSION.CONNECTION_IDS),
                FlowVersion.State.valueOf(row.get(FLOW_VERSION.STATE)),
                row.get(FLOW_VERSION.BACKUP_FILES),
                notes);
    }
}
