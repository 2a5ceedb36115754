package millrace.draft;

import static millrace.schema.Tables.FILE;
import static millrace.schema.Tables.TRIGGER_EVENT;

import java.time.Instant;
import java.util.Optional;
import millrace.database.Seek;
import millrace.database.Tx;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import millrace.schema.tables.records.TriggerEventRow;
import org.jooq.Condition;

/** The kept events of triggers; their payloads lie in files. Callers have checked project and flow. */
final class TriggerEventStore {
    private static final Seek NEWEST_FIRST = new Seek(TRIGGER_EVENT.CREATED, TRIGGER_EVENT.ID, true);

    void insert(Tx tx, TriggerEvent event) {
        tx.sql()
                .insertInto(TRIGGER_EVENT)
                .set(TRIGGER_EVENT.ID, event.id())
                .set(TRIGGER_EVENT.CREATED, event.created())
                .set(TRIGGER_EVENT.UPDATED, event.updated())
                .set(TRIGGER_EVENT.PROJECT_ID, event.projectId())
                .set(TRIGGER_EVENT.FLOW_ID, event.flowId())
                .set(TRIGGER_EVENT.SOURCE_NAME, event.sourceName())
                .set(TRIGGER_EVENT.FILE_ID, event.fileId())
                .execute();
    }

    /** Removes the events of one source of the flow; they go with their files. */
    void deleteOfSource(Tx tx, String projectId, String flowId, String sourceName) {
        var files = tx.sql()
                .select(TRIGGER_EVENT.FILE_ID)
                .from(TRIGGER_EVENT)
                .where(ofFlow(projectId, flowId), TRIGGER_EVENT.SOURCE_NAME.eq(sourceName))
                .fetch(TRIGGER_EVENT.FILE_ID);
        tx.sql().deleteFrom(FILE).where(FILE.ID.in(files)).execute();
    }

    /** Newest first. Served by idx_trigger_event_project_id_flow_id. */
    SeekPage<TriggerEvent> page(Tx tx, String projectId, String flowId, PageRequest page) {
        var cursor = page.cursor();
        var beyond = cursor == null
                ? NEWEST_FIRST.beyond(null, null, page.backwards())
                : NEWEST_FIRST.beyond(cursor.moment("created"), cursor.text("id"), page.backwards());
        var rows = tx.sql()
                .selectFrom(TRIGGER_EVENT)
                .where(ofFlow(projectId, flowId), beyond)
                .orderBy(NEWEST_FIRST.order(page.backwards()))
                .limit(page.fetchSize())
                .fetch(TriggerEventStore::fromRow);
        return SeekPage.of(rows, page, event -> Cursor.Keys.of("created", event.created(), event.id()));
    }

    Optional<TriggerEvent> newest(Tx tx, String projectId, String flowId) {
        return tx.sql()
                .selectFrom(TRIGGER_EVENT)
                .where(ofFlow(projectId, flowId))
                .orderBy(NEWEST_FIRST.order(false))
                .limit(1)
                .fetchOptional(TriggerEventStore::fromRow);
    }

    /** When the file came to be; empty when it is gone. */
    Optional<Instant> created(Tx tx, String projectId, String fileId) {
        return tx.sql()
                .select(FILE.CREATED)
                .from(FILE)
                .where(FILE.ID.eq(fileId), FILE.PROJECT_ID.eq(projectId))
                .fetchOptional(FILE.CREATED);
    }

    private static Condition ofFlow(String projectId, String flowId) {
        return TRIGGER_EVENT.PROJECT_ID.eq(projectId).and(TRIGGER_EVENT.FLOW_ID.eq(flowId));
    }

    private static TriggerEvent fromRow(TriggerEventRow row) {
        return new TriggerEvent(
                row.getId(),
                row.getCreated(),
                row.getUpdated(),
                row.getProjectId(),
                row.getFlowId(),
                row.getSourceName(),
                row.getFileId(),
                null);
    }
}
