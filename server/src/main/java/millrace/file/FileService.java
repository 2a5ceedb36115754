package millrace.file;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import millrace.access.Scope;
import millrace.config.Secret;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/** Keeps files and gives links to them. */
public final class FileService {
    private static final int EXPIRING_BATCH = 200;
    private static final int MAX_NAME = 255;
    private static final Pattern MIME_TYPE = Pattern.compile("[\\x21-\\x7e]{1,127}/[\\x20-\\x7e]{1,255}");

    private final Database database;
    private final Ids ids;
    private final FileStore files;
    private final FileLinks links;
    private final FileSettings settings;

    public FileService(Database database, Ids ids, InstantSource clock, Secret jwtSecret, FileSettings settings) {
        this.database = database;
        this.ids = ids;
        this.files = new FileStore();
        this.links = new FileLinks(jwtSecret, clock, settings.linkLifetime());
        this.settings = settings;
    }

    /** A file to be stored. */
    public record NewFile(
            FileType type,
            @Nullable String fileName,
            byte[] bytes,
            @Nullable String mimeType) {}

    /**
     * Stores a file and answers its id.
     *
     * @throws MillraceException FILE_TOO_LARGE
     */
    public String store(
            String projectId, FileType type, @Nullable String fileName, byte[] bytes, @Nullable String mimeType) {
        return store(projectId, List.of(new NewFile(type, fileName, bytes, mimeType)))
                .getFirst();
    }

    /**
     * Stores files, all or none, and answers their ids in the same order.
     *
     * @throws MillraceException FILE_TOO_LARGE
     */
    public List<String> store(String projectId, List<NewFile> newFiles) {
        var stored = newFiles.stream().map(file -> checked(projectId, file)).toList();
        if (!stored.isEmpty()) {
            database.transact(tx -> insert(tx, stored));
        }
        return stored.stream().map(StoredFile::id).toList();
    }

    /**
     * Removes files of runs that were created before this moment, in batches.
     *
     * @return how many
     */
    public int removeExpired(Instant before) {
        int removed = 0;
        int batch = EXPIRING_BATCH;
        while (batch == EXPIRING_BATCH) {
            batch = database.transaction(tx -> files.deleteExpired(tx, before, EXPIRING_BATCH));
            removed += batch;
        }
        return removed;
    }

    /** @throws MillraceException ENTITY_NOT_FOUND outside the scope */
    public StoredFile get(Scope scope, String fileId) {
        return database.read(tx -> files.find(tx, scope, fileId))
                .orElseThrow(() -> MillraceException.notFound("file", fileId));
    }

    /** An address that opens this one file, for everybody who has it, as long as links live. */
    public String link(String fileId) {
        return linkStart() + links.token(fileId);
    }

    /** The token in one of our own links; empty for any other address. Says nothing about its signature. */
    Optional<String> tokenOf(String url) {
        var stripped = url.strip();
        return stripped.startsWith(linkStart())
                ? Optional.of(stripped.substring(linkStart().length()))
                : Optional.empty();
    }

    private String linkStart() {
        return settings.publicUrl() + "/api/v1/step-files/signed?token=";
    }

    /**
     * The file of a signed link.
     *
     * @throws MillraceException INVALID_BEARER_TOKEN when we did not sign it or its time is over; ENTITY_NOT_FOUND when
     *     the file is gone
     */
    public StoredFile open(String token) {
        var fileId = links.findFileId(token)
                .orElseThrow(
                        () -> MillraceException.of(ErrorCode.INVALID_BEARER_TOKEN, "invalid or expired file link"));
        return get(Scope.system("the link's signature names this file"), fileId);
    }

    private void insert(Tx tx, List<StoredFile> stored) {
        stored.forEach(file -> files.insert(tx, file));
    }

    private StoredFile checked(String projectId, NewFile file) {
        if (file.bytes().length > settings.maxBytes()) {
            throw MillraceException.of(
                    ErrorCode.FILE_TOO_LARGE,
                    Map.of("message", "File size exceeds the limit", "maxBytes", settings.maxBytes()));
        }
        return new StoredFile(
                ids.random(), projectId, file.type(), name(file.fileName()), type(file.mimeType()), file.bytes());
    }

    /** The last part of what may be a path, without control characters. */
    private static @Nullable String name(@Nullable String given) {
        if (given == null) {
            return null;
        }
        var last = given.substring(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1);
        var cut = last.replaceAll("\\p{Cntrl}", "")
                .strip()
                .codePoints()
                .limit(MAX_NAME)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return cut.isEmpty() ? null : cut;
    }

    /** What a sender calls the type is kept when it could be one. */
    private static @Nullable String type(@Nullable String given) {
        return given != null && MIME_TYPE.matcher(given).matches() ? given : null;
    }
}
