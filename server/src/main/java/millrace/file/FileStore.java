package millrace.file;

import static millrace.schema.Tables.FILE;
import static millrace.schema.Tables.RUN_QUEUE;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Tenancy;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.schema.tables.records.FileRow;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** The table {@code file}; bytes lie in it. */
final class FileStore {
    private static final String IN_DATABASE = "DB";
    private static final String MIME_TYPE = "mimetype";

    void insert(Tx tx, StoredFile file) {
        var packed = Compression.pack(file.bytes(), file.mimeType());
        tx.sql()
                .insertInto(FILE)
                .set(FILE.ID, file.id())
                .set(FILE.PROJECT_ID, file.projectId())
                .set(FILE.TYPE, file.type().name())
                .set(FILE.COMPRESSION, packed.compression().name())
                .set(FILE.LOCATION, IN_DATABASE)
                .set(FILE.DATA, packed.bytes())
                .set(FILE.FILE_NAME, file.fileName())
                .set(FILE.SIZE, file.bytes().length)
                .set(FILE.METADATA, metadata(file.mimeType()))
                .execute();
    }

    Optional<StoredFile> find(Tx tx, Scope scope, String id) {
        return tx.sql()
                .selectFrom(FILE)
                .where(FILE.ID.eq(id), Tenancy.within(scope, FILE.PROJECT_ID), FILE.DATA.isNotNull())
                .fetchOptional(FileStore::fromRow);
    }

    /**
     * Deletes files of runs that were created before this moment. A project keeps them all while it has a run from
     * before that moment that has not ended: files don't know which run reads them.
     *
     * @return how many were deleted, at most {@code limit}
     */
    int deleteExpired(Tx tx, Instant before, int limit) {
        var old = FILE.as("old");
        return tx.sql()
                .deleteFrom(FILE)
                .where(FILE.ID.in(DSL.select(old.ID)
                        .from(old)
                        .where(old.TYPE.in(FileType.EXPIRING), old.CREATED.lt(before))
                        .andNotExists(DSL.selectOne()
                                .from(RUN_QUEUE)
                                .where(RUN_QUEUE.PROJECT_ID.eq(old.PROJECT_ID), RUN_QUEUE.CREATED.lt(before)))
                        .limit(limit)))
                .execute();
    }

    private static StoredFile fromRow(FileRow row) {
        var metadata = row.get(FILE.METADATA);
        return new StoredFile(
                row.get(FILE.ID),
                row.get(FILE.PROJECT_ID),
                FileType.of(row.get(FILE.TYPE)),
                row.get(FILE.FILE_NAME),
                metadata == null ? null : metadata.path(MIME_TYPE).asText(null),
                Compression.unpack(row.get(FILE.COMPRESSION), row.get(FILE.DATA), row.get(FILE.SIZE)));
    }

    private static @Nullable JsonNode metadata(@Nullable String mimeType) {
        return mimeType == null ? null : Json.object().put(MIME_TYPE, mimeType);
    }
}
