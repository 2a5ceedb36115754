package millrace.flow;

import static millrace.database.Tenancy.within;
import static millrace.schema.Tables.FLOW;
import static millrace.schema.Tables.FOLDER;
import static millrace.schema.Tables.TABLE;
import static org.jooq.impl.DSL.lower;
import static org.jooq.impl.DSL.selectCount;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Seek;
import millrace.database.Tx;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jooq.Field;
import org.jooq.Record;

/** The folders of projects. */
final class FolderStore {
    private static final Seek OLDEST_FIRST = new Seek(FOLDER.CREATED, FOLDER.ID, false);

    void insert(Tx tx, Folder folder) {
        tx.sql()
                .insertInto(FOLDER)
                .set(FOLDER.ID, folder.id())
                .set(FOLDER.CREATED, folder.created())
                .set(FOLDER.UPDATED, folder.updated())
                .set(FOLDER.PROJECT_ID, folder.projectId())
                .set(FOLDER.DISPLAY_NAME, folder.displayName())
                .set(FOLDER.DISPLAY_ORDER, folder.displayOrder())
                .set(FOLDER.EXTERNAL_ID, folder.externalId())
                .execute();
    }

    void rename(Tx tx, Folder folder) {
        tx.sql()
                .update(FOLDER)
                .set(FOLDER.DISPLAY_NAME, folder.displayName())
                .set(FOLDER.UPDATED, folder.updated())
                .where(FOLDER.ID.eq(folder.id()))
                .execute();
    }

    /** What was in it becomes uncategorised through the foreign keys. */
    void delete(Tx tx, String folderId) {
        tx.sql().deleteFrom(FOLDER).where(FOLDER.ID.eq(folderId)).execute();
    }

    Optional<Folder> find(Tx tx, Scope scope, String folderId) {
        return tx.sql()
                .selectFrom(FOLDER)
                .where(FOLDER.ID.eq(folderId), within(scope, FOLDER.PROJECT_ID))
                .fetchOptional(FolderStore::fromRow);
    }

    /** The folder of this name, letters of either case being the same. */
    Optional<Folder> findNamed(Tx tx, Scope scope, String projectId, String displayName) {
        return tx.sql()
                .selectFrom(FOLDER)
                .where(
                        within(scope, FOLDER.PROJECT_ID),
                        FOLDER.PROJECT_ID.eq(projectId),
                        lower(FOLDER.DISPLAY_NAME).eq(displayName.toLowerCase(Locale.ROOT)))
                .limit(1)
                .fetchOptional(FolderStore::fromRow);
    }

    /** Oldest first, with what is in them. */
    SeekPage<CountedFolder> page(Tx tx, Scope scope, String projectId, PageRequest page) {
        Field<Integer> flows =
                selectCount().from(FLOW).where(FLOW.FOLDER_ID.eq(FOLDER.ID)).asField("flows");
        Field<Integer> tables =
                selectCount().from(TABLE).where(TABLE.FOLDER_ID.eq(FOLDER.ID)).asField("tables");
        List<CountedFolder> rows = tx.sql()
                .select(FOLDER.fields())
                .select(flows, tables)
                .from(FOLDER)
                .where(
                        within(scope, FOLDER.PROJECT_ID),
                        FOLDER.PROJECT_ID.eq(projectId),
                        PageStore.beyond(OLDEST_FIRST, "created", page))
                .orderBy(OLDEST_FIRST.order(page.backwards()))
                .limit(page.fetchSize())
                .fetch(found -> CountedFolder.of(fromRow(found), found.get(flows), found.get(tables)));
        return SeekPage.of(rows, page, folder -> Cursor.Keys.of("created", folder.created(), folder.id()));
    }

    private static Folder fromRow(Record row) {
        return new Folder(
                row.get(FOLDER.ID),
                row.get(FOLDER.CREATED),
                row.get(FOLDER.UPDATED),
                row.get(FOLDER.PROJECT_ID),
                row.get(FOLDER.DISPLAY_NAME),
                row.get(FOLDER.DISPLAY_ORDER),
                row.get(FOLDER.EXTERNAL_ID));
    }
}
