package millrace.keyvalue;

import static millrace.schema.Tables.STORE_ENTRY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Optional;
import millrace.database.NameLock;
import millrace.database.Tx;
import org.jooq.Record;

/** Entries by project and key. */
final class EntryStore {
    Optional<StoreEntry> find(Tx tx, String projectId, String key) {
        return tx.sql()
                .selectFrom(STORE_ENTRY)
                .where(STORE_ENTRY.PROJECT_ID.eq(projectId), STORE_ENTRY.KEY.eq(key))
                .fetchOptional(EntryStore::fromRow);
    }

    /** Waits for a step that changes the entry: it must not miss what is put here. */
    StoreEntry put(Tx tx, String id, String projectId, String key, JsonNode value) {
        NameLock.take(tx, projectId, NameLock.entry(key));
        return tx.sql()
                .insertInto(STORE_ENTRY, STORE_ENTRY.ID, STORE_ENTRY.PROJECT_ID, STORE_ENTRY.KEY, STORE_ENTRY.VALUE)
                .values(id, projectId, key, value)
                .onConflict(STORE_ENTRY.PROJECT_ID, STORE_ENTRY.KEY)
                .doUpdate()
                .set(STORE_ENTRY.VALUE, value)
                .set(STORE_ENTRY.UPDATED, tx.dialect().now())
                .returning()
                .fetchSingle(EntryStore::fromRow);
    }

    void delete(Tx tx, String projectId, String key) {
        NameLock.take(tx, projectId, NameLock.entry(key));
        tx.sql()
                .deleteFrom(STORE_ENTRY)
                .where(STORE_ENTRY.PROJECT_ID.eq(projectId), STORE_ENTRY.KEY.eq(key))
                .execute();
    }

    private static StoreEntry fromRow(Record row) {
        var value = row.get(STORE_ENTRY.VALUE);
        return new StoreEntry(
                row.get(STORE_ENTRY.ID),
                row.get(STORE_ENTRY.CREATED),
                row.get(STORE_ENTRY.UPDATED),
                row.get(STORE_ENTRY.PROJECT_ID),
                row.get(STORE_ENTRY.KEY),
                value == null ? NullNode.getInstance() : value);
    }
}
