package millrace.database;

import java.time.Instant;
import java.util.List;

/** The state of the schema, as {@code db status} prints it. Both lists are in the order of application. */
public record MigrationStatus(List<Applied> applied, List<Pending> pending) {
    public MigrationStatus {
        applied = List.copyOf(applied);
        pending = List.copyOf(pending);
    }

    /** @param checksum SHA-256 of what was applied, as hexadecimal digits */
    public record Applied(String id, String checksum, Instant appliedAt) {}

    public record Pending(String id) {}
}
