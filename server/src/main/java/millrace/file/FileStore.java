package millrace.file;

import static millrace.schema.Tables.FILE;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Tenancy;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.schema.tables.records.FileRow;
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
