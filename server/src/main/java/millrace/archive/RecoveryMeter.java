package millrace.archive;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import millrace.archive.RecoveryPoint.BackupPoint;
import millrace.archive.RecoveryPoint.Source;
import millrace.database.Database;
import millrace.database.Replication;
import millrace.database.Replication.Standby;
import org.jspecify.annotations.Nullable;

/** Measures what would be lost if the database died now: by its replicas, else by its newest verified backup. */
public final class RecoveryMeter {
    /** How many backups are looked through for one whose file is there. */
    private static final int LOOKED_AT = 200;

    private static final Comparator<Standby> LEAST_BEHIND =
            Comparator.comparing(Standby::bytesBehind, Comparator.nullsLast(Comparator.naturalOrder()));

    private final Database database;
    private final InstantSource clock;
    private final BackupStore backups = new BackupStore();
    private final UsableBackups usable;

    public RecoveryMeter(Database database, ArchivePlaces places, InstantSource clock) {
        this.database = database;
        this.usable = new UsableBackups(places);
        this.clock = clock;
    }

    public RecoveryPoint measure() {
        var backup = newest();
        if (!database.dialect().postgres()) {
            return behind(backup, null);
        }
        var replication = database.transaction(Replication::of);
        if (replication.synchronous()) {
            return point(Source.SYNCHRONOUS_STANDBY, 0.0, 0L, replication, backup);
        }
        return replication.standbys().stream()
                .min(LEAST_BEHIND)
                .map(nearest ->
                        point(Source.STANDBY, nearest.secondsBehind(), nearest.bytesBehind(), replication, backup))
                .orElseGet(() -> behind(backup, replication));
    }

    private static RecoveryPoint behind(@Nullable BackupPoint backup, @Nullable Replication replication) {
        return backup == null
                ? point(Source.NOTHING, null, null, replication, null)
                : point(Source.BACKUP, backup.ageSeconds(), null, replication, backup);
    }

    private static RecoveryPoint point(
            Source from,
            @Nullable Double seconds,
            @Nullable Long bytes,
            @Nullable Replication replication,
            @Nullable BackupPoint backup) {
        return new RecoveryPoint(
                from,
                seconds,
                bytes,
                replication == null ? null : replication.synchronousCommit(),
                replication == null ? null : replication.synchronousStandbyNames(),
                replication == null ? List.of() : replication.standbys(),
                backup);
    }

    private @Nullable BackupPoint newest() {
        return database.read(tx -> backups.list(tx, LOOKED_AT)).stream()
                .filter(usable::test)
                .findFirst()
                .map(made -> new BackupPoint(
                        made.id(),
                        made.created(),
                        made.location(),
                        Math.max(
                                0,
                                Duration.between(made.created(), clock.instant())
                                                .toMillis()
                                        / 1000.0)))
                .orElse(null);
    }
}
