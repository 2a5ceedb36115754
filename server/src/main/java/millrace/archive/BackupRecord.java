package millrace.archive;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A backup that was made, or tried.
 *
 * @param location the file, or s3://bucket/key
 * @param rows of all tables
 * @param checksum SHA-256 over every byte of the file
 * @param message why it failed; null otherwise
 * @param version what lay there when it was verified, as {@link ArchivePlace#version} says; not for the outside
 * @param offered whether it is the newest that was verified and is still as it was: the one to restore
 */
public record BackupRecord(
        String id,
        Instant created,
        Status status,
        @Nullable String location,
        @Nullable Long bytes,
        @Nullable Long rows,
        @Nullable String checksum,
        @Nullable Instant finished,
        @Nullable String message,
        @JsonIgnore @Nullable String version,
        boolean offered) {

    BackupRecord offeredNow() {
        return new BackupRecord(id, created, status, location, bytes, rows, checksum, finished, message, version, true);
    }

    /** How far it came. */
    public enum Status {
        RUNNING,
        /** Complete and on disk; nobody has verified it. */
        COMPLETE,
        /** Restored into a scratch database, compared, its foreign keys checked. */
        VERIFIED,
        FAILED
    }
}
