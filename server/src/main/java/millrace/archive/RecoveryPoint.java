package millrace.archive;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import millrace.database.Replication.Standby;
import org.jspecify.annotations.Nullable;

/**
 * What would be lost if this database died now.
 *
 * @param from what would be gone on with
 * @param seconds how much of the newest commits would be lost; null when it is not known, and for NOTHING all
 * @param bytes of the log that would be lost; null when it is not known, and for a backup
 * @param synchronousCommit null, as the next, on SQLite
 * @param standbys the replicas that are connected now
 * @param backup the newest that was verified and whose file is there; null without one
 */
public record RecoveryPoint(
        Source from,
        @Nullable Double seconds,
        @Nullable Long bytes,
        @Nullable String synchronousCommit,
        @Nullable String synchronousStandbyNames,
        List<Standby> standbys,
        @Nullable BackupPoint backup) {
    public RecoveryPoint {
        standbys = List.copyOf(standbys);
    }

    /** What is there when the database is not, best first. */
    public enum Source {
        /** It has every commit that was acknowledged. */
        SYNCHRONOUS_STANDBY,
        /** The one that is least behind. */
        STANDBY,
        BACKUP,
        NOTHING
    }

    /** @param created everything acknowledged before is in it */
    public record BackupPoint(
            String id, Instant created, @Nullable String location, double ageSeconds) {}

    /** In Prometheus' text format. What is not known is left out. */
    String metrics() {
        var text = new StringBuilder();
        gauge(text, "millrace_rpo_seconds", "Seconds of commits that would be lost if the database died now", seconds);
        gauge(text, "millrace_rpo_bytes", "Bytes of the log that would be lost if the database died now", bytes);
        text.append("# HELP millrace_rpo_source What would be gone on with if the database died now\n");
        text.append("# TYPE millrace_rpo_source gauge\n");
        for (var source : Source.values()) {
            text.append("millrace_rpo_source{source=\"")
                    .append(source.name().toLowerCase(Locale.ROOT))
                    .append("\"} ")
                    .append(source == from ? 1 : 0)
                    .append('\n');
        }
        gauge(text, "millrace_standbys", "Replicas that are connected", standbys.size());
        gauge(
                text,
                "millrace_backup_age_seconds",
                "Age of the newest backup that was verified",
                backup == null ? null : backup.ageSeconds());
        return text.toString();
    }

    private static void gauge(StringBuilder text, String name, String help, @Nullable Number value) {
        if (value != null) {
            text.append("# HELP ").append(name).append(' ').append(help).append('\n');
            text.append("# TYPE ").append(name).append(" gauge\n");
            text.append(name).append(' ').append(value).append('\n');
        }
    }

    /** For people: one line. */
    @Override
    public String toString() {
        var what = switch (from) {
            case SYNCHRONOUS_STANDBY -> "nothing that was acknowledged: a synchronous standby has it";
            case STANDBY -> amount() + ", which the nearest of " + standbys.size() + " standbys lacks";
            case BACKUP -> amount() + ", what came after the newest verified backup";
            case NOTHING -> "everything: there is no standby and no verified backup";
        };
        return "if this database died now, this would be lost: " + what;
    }

    private String amount() {
        var time = seconds == null ? "an unknown time" : String.format(Locale.ROOT, "%.1f s", seconds);
        return bytes == null ? time : time + " (" + bytes + " bytes)";
    }
}
