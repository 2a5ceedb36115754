package millrace.file;

import org.jspecify.annotations.Nullable;

/**
 * A file with its bytes, as they were stored.
 *
 * @param projectId null for files of a platform
 * @param fileName as it was uploaded; not checked, so never a path
 */
public record StoredFile(
        String id,
        @Nullable String projectId,
        FileType type,
        @Nullable String fileName,
        @Nullable String mimeType,
        byte[] bytes) {}
