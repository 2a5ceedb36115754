package millrace.cli;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import millrace.Millrace;
import millrace.archive.ArchivePlaces;
import millrace.archive.Backup;
import millrace.archive.MigrationBackup;
import millrace.config.Settings;
import millrace.database.Ids;
import millrace.database.MigrationStatus;
import millrace.database.SchemaCommands;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code db …}: what the database's operator does by hand. Results go to standard output, the log to the other. */
@Command(
        name = "db",
        mixinStandardHelpOptions = true,
        description = "Looks after the configured database.",
        subcommands = {
            MigrateCommand.class,
            ArchiveCommands.Backup.class,
            ArchiveCommands.Verify.class,
            ArchiveCommands.Restore.class,
            ArchiveCommands.Move.class,
            ArchiveCommands.Release.class,
            ArchiveCommands.Rpo.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class DatabaseCommands {
    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    Main main() {
        return main;
    }

    @Command(name = "rollback", description = "Takes the newest applied change sets back, while no server runs.")
    int rollback(
            @Option(names = "--count", paramLabel = "N", description = "How many (1).") @Nullable Integer count,
            @Option(names = "--to", paramLabel = "ID", description = "The one that is the newest afterwards.") @Nullable
                    String newest) {
        if (count != null && newest != null) {
            throw new IllegalArgumentException("--count and --to exclude each other");
        }
        if (count != null && count < 1) {
            throw new IllegalArgumentException("--count must be at least 1");
        }
        var all = main.settings(System.err);
        var settings = all.database();
        var gone = newest == null
                ? SchemaCommands.rollback(settings, backups(all), count == null ? 1 : count)
                : SchemaCommands.rollbackTo(settings, backups(all), newest);
        print(gone.stream().map(id -> "took back " + id).toList(), "nothing is applied");
        return 0;
    }

    @Command(name = "status", description = "Lists which change sets are applied and which are pending.")
    int status(@Option(names = "--json", description = "As one JSON object.") boolean json) {
        var status = SchemaCommands.status(main.settings(System.err).database());
        System.out.println(json ? json(status) : text(status));
        return 0;
    }

    /** Before rows are dropped or rewritten. */
    static MigrationBackup backups(Settings settings) {
        return new MigrationBackup(
                new Backup(Millrace.VERSION, InstantSource.system()),
                settings.database(),
                new ArchivePlaces(settings, InstantSource.system()),
                new Ids(new SecureRandom())::random);
    }

    static void print(List<String> lines, String nothing) {
        System.out.println(lines.isEmpty() ? nothing : String.join("\n", lines));
    }

    private static String json(MigrationStatus status) {
        var all = Json.object();
        var applied = all.putArray("applied");
        for (var one : status.applied()) {
            applied.addObject()
                    .put("id", one.id())
                    .put("checksum", one.checksum())
                    .put("appliedAt", one.appliedAt().toString());
        }
        var pending = all.putArray("pending");
        status.pending().forEach(one -> pending.addObject().put("id", one.id()));
        return Json.text(all);
    }

    private static String text(MigrationStatus status) {
        var lines = new StringBuilder();
        status.applied()
                .forEach(one -> lines.append(one.appliedAt())
                        .append("  ")
                        .append(one.id())
                        .append('\n'));
        status.pending()
                .forEach(one -> lines.append("pending                   ")
                        .append(one.id())
                        .append('\n'));
        return lines.append(status.applied().size())
                .append(" applied, ")
                .append(status.pending().size())
                .append(" pending")
                .toString();
    }
}
