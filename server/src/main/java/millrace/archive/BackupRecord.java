package millrace.archive;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A backup that a server made, or tried to make.
 *
 * @param location the file
 * @param rows of all tables
 * @param checksum SHA-256 over every byte of the file
 * @param message why it failed; null otherwise
 * @param offered whether it is the newest that was verified and whose file is there: the one to restore
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
        boolean offered) {

    BackupRecord offeredNow() {
        return new BackupRecord(id, created, status, location, bytes, rows, checksum, finished, message, true);
    }

    /** How far it came. */
    public enum Status {
        RUNNING,
        /** Restored into a scratch database, compared, its foreign keys checked. */
        VERIFIED,
        FAILED
    }
}
