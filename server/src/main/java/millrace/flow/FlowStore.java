package millrace.flow;

import static millrace.database.Tenancy.within;
import static millrace.schema.Tables.FLOW;
import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.TRIGGER_SOURCE;
import static org.jooq.impl.DSL.select;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Seek;
import millrace.database.Tx;
import millrace.definition.FlowVersion;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record1;
import org.jooq.Select;
import org.jooq.impl.DSL;

/** The rows of flows. */
final class FlowStore {
    private static final String DELETING = "DELETING";
    private static final Seek LAST_CHANGED_FIRST = new Seek(FLOW.UPDATED, FLOW.ID, true);

    /** A flow with the version that a list shows of it. */
    record Listed(Flow flow, FlowVersion version) {}

    void insert(Tx tx, Flow flow) {
        tx.sql()
                .insertInto(FLOW)
                .set(FLOW.ID, flow.id())
                .set(FLOW.CREATED, flow.created())
                .set(FLOW.UPDATED, flow.updated())
                .set(FLOW.PROJECT_ID, flow.projectId())
                .set(FLOW.EXTERNAL_ID, flow.externalId())
                .set(FLOW.OWNER_ID, flow.ownerId())
                .set(FLOW.FOLDER_ID, flow.folderId())
                .set(FLOW.STATUS, flow.status().name())
                .set(FLOW.PUBLISHED_VERSION_ID, flow.publishedVersionId())
                .set(FLOW.OPERATION_STATUS, flow.operationStatus())
                .set(FLOW.METADATA, flow.metadata())
                .set(FLOW.TIME_SAVED_PER_RUN, flow.timeSavedPerRun())
                .set(FLOW.TEMPLATE_ID, flow.templateId())
                .set(FLOW.CREATED_BY, flow.createdBy())
                .execute();
    }

    /** Writes what can change. */
    void update(Tx tx, Flow flow) {
        int count = tx.sql()
                .update(FLOW)
                .set(FLOW.UPDATED, flow.updated())
                .set(FLOW.OWNER_ID, flow.ownerId())
                .set(FLOW.FOLDER_ID, flow.folderId())
                .set(FLOW.STATUS, flow.status().name())
                .set(FLOW.PUBLISHED_VERSION_ID, flow.publishedVersionId())
                .set(FLOW.METADATA, flow.metadata())
                .set(FLOW.TIME_SAVED_PER_RUN, flow.timeSavedPerRun())
                .where(FLOW.ID.eq(flow.id()))
                .execute();
        if (count != 1) {
            throw new IllegalStateException("flow " + flow.id() + " is not there any more, though it was locked");
        }
    }

    /** Removes the flow and, through its foreign keys, its versions and registrations. */
    void delete(Tx tx, String flowId) {
        // The pointer would keep the version, and with it the flow.
        tx.sql()
                .update(FLOW)
                .setNull(FLOW.PUBLISHED_VERSION_ID)
                .where(FLOW.ID.eq(flowId))
                .execute();
        tx.sql().deleteFrom(FLOW).where(FLOW.ID.eq(flowId)).execute();
    }

    Optional<Flow> find(Tx tx, Scope scope, String flowId) {
        return tx.sql()
                .selectFrom(FLOW)
                .where(FLOW.ID.eq(flowId), FLOW.OPERATION_STATUS.ne(DELETING), within(scope, FLOW.PROJECT_ID))
                .fetchOptional(FlowStore::fromRow);
    }

    /** The flow, with its row locked until the transaction ends: edits of one flow come one after the other. */
    Optional<Flow> lock(Tx tx, Scope scope, String flowId) {
        return tx.dialect()
                .forUpdate(tx.sql()
                        .selectFrom(FLOW)
                        .where(FLOW.ID.eq(flowId), FLOW.OPERATION_STATUS.ne(DELETING), within(scope, FLOW.PROJECT_ID)))
                .fetchOptional(FlowStore::fromRow);
    }

    /** The flow of the project with this name of its own; the oldest, should there be several. */
    Optional<String> findByExternalId(Tx tx, String projectId, String externalId) {
        return tx.sql()
                .select(FLOW.ID)
                .from(FLOW)
                .where(
                        FLOW.PROJECT_ID.eq(projectId),
                        FLOW.EXTERNAL_ID.eq(externalId),
                        FLOW.OPERATION_STATUS.ne(DELETING))
                .orderBy(FLOW.CREATED, FLOW.ID)
                .limit(1)
                .fetchOptional(FLOW.ID);
    }

    /** What a webhook needs: one look-up by primary keys. */
    Optional<RunnableFlow> findRunnable(Tx tx, String flowId) {
        Field<String> latest = latestVersionId().asField("latest");
        Field<Boolean> listening = DSL.field(DSL.exists(DSL.selectOne()
                        .from(TRIGGER_SOURCE)
                        .where(
                                TRIGGER_SOURCE.FLOW_ID.eq(FLOW.ID),
                                TRIGGER_SOURCE.SIMULATE.isTrue(),
                                TRIGGER_SOURCE.DELETED.isNull())))
                .as("listening");
        return tx.sql()
                .select(FLOW.ID, FLOW.PROJECT_ID, PROJECT.PLATFORM_ID, FLOW.STATUS, FLOW.PUBLISHED_VERSION_ID, latest)
                .select(listening)
                .from(FLOW)
                .join(PROJECT)
                .on(PROJECT.ID.eq(FLOW.PROJECT_ID))
                .where(FLOW.ID.eq(flowId), FLOW.OPERATION_STATUS.ne(DELETING), PROJECT.DELETED.isNull())
                .fetchOptional(row -> new RunnableFlow(
                        row.get(FLOW.ID),
                        row.get(FLOW.PROJECT_ID),
                        row.get(PROJECT.PLATFORM_ID),
                        FlowStatus.valueOf(row.get(FLOW.STATUS)),
                        row.get(FLOW.PUBLISHED_VERSION_ID),
                        row.get(latest),
                        row.get(listening)));
    }

    /** Last changed first. Served by idx_flow_project_id; a project has thousands of flows at most. */
    SeekPage<Listed> page(Tx tx, Scope scope, FlowFilter filter, PageRequest page) {
        var rows = tx.sql()
                .select(FLOW.fields())
                .select(FLOW_VERSION.fields())
                .from(FLOW)
                .join(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(shownVersionId(filter)))
                .where(matches(tx, scope, filter), PageStore.beyond(LAST_CHANGED_FIRST, "updated", page))
                .orderBy(LAST_CHANGED_FIRST.order(page.backwards()))
                .limit(page.fetchSize())
                .fetch(row -> new Listed(fromRow(row), FlowVersionStore.fromRow(row)));
        return SeekPage.of(
                rows,
                page,
                listed -> Cursor.Keys.of(
                        "updated", listed.flow().updated(), listed.flow().id()));
    }

    int count(Tx tx, Scope scope, FlowFilter filter) {
        return tx.sql()
                .selectCount()
                .from(FLOW)
                .join(FLOW_VERSION)
                .on(FLOW_VERSION.ID.eq(shownVersionId(filter)))
                .where(matches(tx, scope, filter))
                .fetchSingle()
                .value1();
    }

    private static Field<String> shownVersionId(FlowFilter filter) {
        if (filter.versionState() == FlowVersion.State.LOCKED) {
            return FLOW.PUBLISHED_VERSION_ID;
        }
        return latestVersionId().asField();
    }

    private static Select<? extends Record1<String>> latestVersionId() {
        var latest = FLOW_VERSION.as("latest");
        return select(latest.ID)
                .from(latest)
                .where(latest.FLOW_ID.eq(FLOW.ID))
                .orderBy(latest.CREATED.desc(), latest.ID.desc())
                .limit(1);
    }

    private static Condition matches(Tx tx, Scope scope, FlowFilter filter) {
        var conditions = new ArrayList<Condition>();
        conditions.add(within(scope, FLOW.PROJECT_ID));
        conditions.add(FLOW.PROJECT_ID.eq(filter.projectId()));
        conditions.add(FLOW.OPERATION_STATUS.ne(DELETING));
        if (filter.uncategorised()) {
            conditions.add(FLOW.FOLDER_ID.isNull());
        }
        in(conditions, FLOW.FOLDER_ID, filter.folderIds());
        in(conditions, FLOW.STATUS, filter.statuses().stream().map(Enum::name).toList());
        in(conditions, FLOW.EXTERNAL_ID, filter.externalIds());
        if (filter.versionState() == FlowVersion.State.DRAFT) {
            conditions.add(FLOW_VERSION.STATE.eq(FlowVersion.State.DRAFT.name()));
        }
        if (filter.name() != null) {
            conditions.add(tx.dialect().containsIgnoreCase(FLOW_VERSION.DISPLAY_NAME, filter.name()));
        }
        if (!filter.connectionIds().isEmpty()) {
            conditions.add(tx.dialect().hasAnyElement(FLOW_VERSION.CONNECTION_IDS, filter.connectionIds()));
        }
        if (!filter.agentIds().isEmpty()) {
            conditions.add(tx.dialect().hasAnyElement(FLOW_VERSION.AGENT_IDS, filter.agentIds()));
        }
        return DSL.and(conditions);
    }

    private static void in(List<Condition> conditions, Field<String> field, List<String> wanted) {
        if (!wanted.isEmpty()) {
            conditions.add(field.in(wanted));
        }
    }

    private static Flow fromRow(Record row) {
        Instant created = row.get(FLOW.CREATED);
        return new Flow(
                row.get(FLOW.ID),
                created,
                row.get(FLOW.UPDATED),
                row.get(FLOW.PROJECT_ID),
                row.get(FLOW.EXTERNAL_ID),
                row.get(FLOW.OWNER_ID),
                row.get(FLOW.FOLDER_ID),
                FlowStatus.valueOf(row.get(FLOW.STATUS)),
                row.get(FLOW.PUBLISHED_VERSION_ID),
                row.get(FLOW.OPERATION_STATUS),
                row.get(FLOW.METADATA),
                row.get(FLOW.TIME_SAVED_PER_RUN),
                row.get(FLOW.TEMPLATE_ID),
                row.get(FLOW.CREATED_BY));
    }
}
