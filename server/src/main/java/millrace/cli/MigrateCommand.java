package millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import millrace.archive.ArchivePlaces;
import millrace.archive.Rehearsal;
import millrace.config.Keys;
import millrace.config.Settings;
import millrace.database.SchemaCommands;
import millrace.database.SchemaTrial.Measured;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code db migrate}: does it, says what it would do, or tries it on a copy. */
@Command(name = "migrate", description = "Applies the change sets that the database lacks.")
final class MigrateCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private DatabaseCommands parent;

    @Option(
            names = "--dry-run",
            description = "Prints the SQL, the locks it takes and whether there is a way back; changes nothing.")
    private boolean dryRun;

    @Option(names = "--to", paramLabel = "ID", description = "The last one to apply.")
    private @Nullable String last;

    @Option(
            names = "--rehearse",
            description = "Tries them and their ways back on the newest backup, in a scratch database, and reports.")
    private boolean rehearse;

    @Option(names = "--from", paramLabel = "FILE", description = "With --rehearse: this backup.")
    private @Nullable String from;

    @Option(names = "--json", description = "With --rehearse: as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        refuseMixtures();
        var all = parent.main().settings(System.err);
        var settings = all.database();
        if (rehearse) {
            return rehearsed(all);
        }
        if (dryRun) {
            System.out.println(SchemaCommands.plan(settings));
            return 0;
        }
        var safeguard = DatabaseCommands.backups(all);
        var applied = last == null
                ? SchemaCommands.migrate(settings, safeguard)
                : SchemaCommands.migrateTo(settings, safeguard, last);
        DatabaseCommands.print(applied.stream().map(id -> "applied " + id).toList(), "nothing is pending");
        return 0;
    }

    private void refuseMixtures() {
        if ((dryRun ? 1 : 0) + (rehearse ? 1 : 0) + (last == null ? 0 : 1) > 1) {
            throw new IllegalArgumentException("--dry-run, --rehearse and --to exclude each other");
        }
        if (!rehearse && (from != null || json)) {
            throw new IllegalArgumentException("--from and --json belong to --rehearse");
        }
    }

    private int rehearsed(Settings all) {
        var places = new ArchivePlaces(all, InstantSource.system());
        var rehearsal = new Rehearsal(all.database(), Keys.fingerprintOf(all));
        var report = from == null
                ? rehearsal.withNewestBeside(places.next())
                : rehearsal.with(places.named(from, parent.main().workingDirectory()));
        System.out.println(json ? Json.text(json(report)) : text(report));
        var failures = report.failures();
        if (!failures.isEmpty()) {
            throw new IllegalStateException("the rehearsal found " + failures.size()
                    + (failures.size() == 1 ? " failure: " : " failures, the first: ") + failures.getFirst());
        }
        return 0;
    }

    private static String text(Rehearsal.Report report) {
        var text = new StringBuilder("rehearsed with ")
                .append(report.backup())
                .append(", a backup of ")
                .append(report.created())
                .append(" by Millrace ")
                .append(report.program())
                .append(" with ")
                .append(report.rows())
                .append(" rows, in ")
                .append(report.scratch())
                .append('\n');
        if (report.up().isEmpty()) {
            text.append("nothing is pending\n");
        } else {
            table(text, report);
            text.append("after the ways back the rows of all tables ")
                    .append(
                            report.noWayBack().isEmpty()
                                    ? report.changed().isEmpty() ? "were the same\n" : "were not the same\n"
                                    : "were not compared, since one has no way back\n");
        }
        text.append("paused runs: %d, runs in flight: %d, %s%n"
                .formatted(
                        report.runs().paused(),
                        report.runs().others(),
                        loaded(report.runs().failures())));
        text.append("flow versions: %d%s, %s"
                .formatted(
                        report.flows().tried(),
                        schemas(report.flows().bySchema()),
                        loaded(report.flows().failures())));
        return text.toString();
    }

    private static void table(StringBuilder text, Rehearsal.Report report) {
        var back = byId(report.down());
        var again = byId(report.again());
        int width = Math.max(
                9, report.up().stream().mapToInt(one -> one.id().length()).max().orElse(0));
        var format = "%-" + width + "s  %9s  %9s  %9s  %12s  %-22s  %s%n";
        text.append(format.formatted(
                "migration", "up, ms", "back, ms", "again, ms", "space, bytes", "strongest lock", "rewritten tables"));
        for (var one : report.up()) {
            text.append(format.formatted(
                            one.id(),
                            one.millis(),
                            millis(back.get(one.id())),
                            millis(again.get(one.id())),
                            one.spaceBytes(),
                            lock(one, report),
                            one.rewrittenTables().isEmpty() ? "none" : String.join(", ", one.rewrittenTables()))
                    .stripTrailing());
            text.append('\n');
        }
    }

    private static String lock(Measured one, Rehearsal.Report report) {
        var strongest = one.strongestLock();
        if (!strongest.isEmpty()) {
            return strongest;
        }
        return report.scratch().contains("SQLite") ? "the file" : "none";
    }

    private static String millis(@Nullable Measured step) {
        return step == null ? "no way" : Long.toString(step.millis());
    }

    private static Map<String, Measured> byId(List<Measured> steps) {
        return steps.stream().collect(Collectors.toMap(Measured::id, one -> one));
    }

    private static String loaded(List<String> failures) {
        return failures.isEmpty() ? "all load" : failures.size() + " do not load:\n  " + String.join("\n  ", failures);
    }

    private static String schemas(Map<String, Integer> counts) {
        return counts.isEmpty()
                ? ""
                : new TreeMap<>(counts)
                        .entrySet().stream()
                                .map(one -> (one.getKey().isEmpty() ? "none" : one.getKey()) + ": " + one.getValue())
                                .collect(Collectors.joining(", ", " (by schema version ", ")"));
    }

    private static ObjectNode json(Rehearsal.Report report) {
        var all = Json.object();
        all.putObject("backup")
                .put("file", report.backup().toString())
                .put("created", report.created().toString())
                .put("program", report.program())
                .put("rows", report.rows());
        all.put("scratch", report.scratch());
        var back = byId(report.down());
        var again = byId(report.again());
        var migrations = all.putArray("migrations");
        for (var one : report.up()) {
            var down = back.get(one.id());
            var repeated = again.get(one.id());
            var migration = migrations
                    .addObject()
                    .put("id", one.id())
                    .put("wayBack", down != null)
                    .put("upMillis", one.millis())
                    .put("downMillis", down == null ? null : down.millis())
                    .put("againMillis", repeated == null ? null : repeated.millis())
                    .put("strongestLock", one.strongestLock().isEmpty() ? null : one.strongestLock())
                    .put("spaceBytes", one.spaceBytes());
            migration.set("locks", Json.MAPPER.valueToTree(new TreeMap<>(one.locks())));
            one.rewrittenTables().forEach(migration.putArray("rewrittenTables")::add);
        }
        report.changed().forEach(all.putArray("changedByWaysBack")::add);
        var runs = all.putObject("runs")
                .put("paused", report.runs().paused())
                .put("inFlight", report.runs().others());
        report.runs().failures().forEach(runs.putArray("failures")::add);
        var flows = all.putObject("flowVersions").put("total", report.flows().tried());
        flows.set(
                "bySchemaVersion",
                Json.MAPPER.valueToTree(new TreeMap<>(report.flows().bySchema())));
        report.flows().failures().forEach(flows.putArray("failures")::add);
        all.put("ok", report.failures().isEmpty());
        return all;
    }
}
