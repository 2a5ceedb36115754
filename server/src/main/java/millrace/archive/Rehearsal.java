package millrace.archive;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;
import millrace.database.MigrationStatus;
import millrace.database.SchemaCommands;
import millrace.database.SchemaTrial;
import millrace.database.SchemaTrial.Measured;
import millrace.database.ScratchSchema;
import millrace.flow.FlowLoading;
import millrace.run.RunLoading;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upgrade tried on a copy: the newest backup that verifies is restored into a scratch database, the pending change
 * sets run there forward, back and forward again, and this program reads what it would have to go on with. Of the
 * configured database only the list of its change sets is read.
 */
public final class Rehearsal {
    private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

    private final DatabaseSettings settings;
    private final @Nullable String fingerprint;

    /** @param fingerprint of the key that is set here; null when none is */
    public Rehearsal(DatabaseSettings settings, @Nullable String fingerprint) {
        this.settings = settings;
        this.fingerprint = fingerprint;
    }

    /**
     * What came of it.
     *
     * @param backup the archive that was restored
     * @param created when it was made
     * @param program the version of Millrace that made it
     * @param scratch where it was restored to
     * @param up the pending change sets
     * @param down their ways back, newest first
     * @param again the change sets that were taken back
     * @param noWayBack those of the pending ones that could not be taken back, since one has no way back
     * @param changed tables whose rows were not the same after the ways back
     */
    public record Report(
            ArchivePlace backup,
            Instant created,
            String program,
            long rows,
            String scratch,
            List<Measured> up,
            List<Measured> down,
            List<Measured> again,
            List<String> noWayBack,
            List<String> changed,
            RunLoading.Loaded runs,
            FlowLoading.Loaded flows) {
        public Report {
            up = List.copyOf(up);
            down = List.copyOf(down);
            again = List.copyOf(again);
            noWayBack = List.copyOf(noWayBack);
            changed = List.copyOf(changed);
        }

        /** What would fail; empty when all is well. */
        public List<String> failures() {
            var all = new ArrayList<String>();
            changed.forEach(table -> all.add("the ways back changed rows of the table " + table));
            all.addAll(runs.failures());
            all.addAll(flows.failures());
            return all;
        }
    }

    /**
     * Rehearses with the newest backup beside this one that verifies.
     *
     * @throws ArchiveRefusal when there is none
     */
    public Report withNewestBeside(ArchivePlace place) {
        var status = checked();
        for (var file : newestFirst(place)) {
            try {
                return rehearse(file, Verification.days(file, fingerprint), status);
            } catch (ArchiveRefusal e) {
                log.warn("not the backup {}: {}", file, e.getMessage());
            }
        }
        throw new ArchiveRefusal("there is no backup that verifies in " + place.folder()
                + ": make one with millrace db backup, or name one with --from FILE");
    }

    /** Rehearses with this backup. @throws ArchiveRefusal when it does not verify */
    public Report with(ArchivePlace file) {
        var status = checked();
        return rehearse(file, Verification.days(file, fingerprint), status);
    }

    private MigrationStatus checked() {
        SchemaCommands.check(settings);
        return SchemaCommands.status(settings);
    }

    private static List<ArchivePlace> newestFirst(ArchivePlace place) {
        record Found(ArchivePlace file, Instant created) {}
        var found = new ArrayList<Found>();
        try {
            for (var file : place.archives()) {
                try (var archive = new ArchiveReader(file)) {
                    found.add(new Found(file, archive.manifest().created()));
                } catch (ArchiveRefusal | IllegalArgumentException e) {
                    log.warn("not the backup {}: {}", file, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw place.refusal("the backups in " + place.folder() + " can't be listed", e);
        }
        return found.stream()
                .sorted(Comparator.comparing(Found::created).reversed())
                .map(Found::file)
                .toList();
    }

    private Report rehearse(ArchivePlace file, Collection<LocalDate> days, MigrationStatus status) {
        try (var archive = new ArchiveReader(file)) {
            if (settings instanceof DatabaseSettings.Postgres postgres) {
                var made = ScratchSchema.make(postgres).orElse(null);
                if (made != null) {
                    try (made) {
                        return rehearse(file, archive, days, status, made.direct(), ScratchSchema.NAME);
                    }
                }
                log.warn(
                        "the role {} may not make a schema in {}: the rehearsal runs on SQLite, without PostgreSQL's locks;"
                                + " run GRANT CREATE ON DATABASE \"{}\" TO \"{}\"; for one on PostgreSQL",
                        postgres.user(),
                        postgres.place(),
                        postgres.database(),
                        postgres.user());
            }
            try (var scratch = Direct.scratch()) {
                return rehearse(file, archive, days, status, scratch, null);
            }
        }
    }

    private Report rehearse(
            ArchivePlace file,
            ArchiveReader archive,
            Collection<LocalDate> days,
            MigrationStatus status,
            Direct scratch,
            @Nullable String schema) {
        var place = schema == null ? "a temporary SQLite database" : "the schema " + schema + " of " + scratch.place();
        log.info(
                "restoring {}, a backup of {}, into {}",
                file,
                archive.manifest().created(),
                place);
        var tables = new RestoreStore(scratch);
        var contents = tables.copy(archive, days);
        var trial = new SchemaTrial(scratch);
        // A backup may be younger than a rollback: what the database lacks is rehearsed.
        if (!status.applied().isEmpty()) {
            trial.down(
                    status.pending().stream().map(MigrationStatus.Pending::id).toList());
        }
        var before = new HashSet<>(tables.sums());
        var up = trial.up();
        var down = trial.down(ids(up));
        var changed =
                up.size() == down.size() ? changed(before, tables.sums(), trial.lost(ids(up))) : List.<String>of();
        var again = trial.up();
        var noWayBack = new ArrayList<>(ids(up));
        noWayBack.removeAll(ids(down));
        var tx = scratch.tx();
        return new Report(
                file,
                archive.manifest().created(),
                archive.manifest().program(),
                contents.rows(),
                place,
                up,
                down,
                again,
                noWayBack,
                changed,
                new RunLoading().tryAll(tx),
                new FlowLoading().tryAll(tx));
    }

    private static List<String> ids(List<Measured> steps) {
        return steps.stream().map(Measured::id).toList();
    }

    private static List<String> changed(Set<TableSum.Result> before, List<TableSum.Result> after, Set<String> lost) {
        var same = new HashSet<>(after);
        return before.stream()
                .filter(sum -> !same.contains(sum))
                .map(TableSum.Result::table)
                .filter(table -> !lost.contains(table))
                .sorted()
                .toList();
    }
}
