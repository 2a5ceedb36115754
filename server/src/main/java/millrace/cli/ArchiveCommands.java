package millrace.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import millrace.Millrace;
import millrace.archive.ArchivePlace;
import millrace.archive.ArchivePlaces;
import millrace.archive.BackupLog;
import millrace.archive.Hold;
import millrace.archive.RecoveryMeter;
import millrace.archive.Restore.Mode;
import millrace.archive.Verification;
import millrace.config.DatabaseSettings;
import millrace.config.Keys;
import millrace.config.Settings;
import millrace.database.Database;
import millrace.database.DatabaseRefusal;
import millrace.database.Ids;
import millrace.database.SchemaCommands;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code db backup}, {@code verify}, {@code restore}, {@code move}, {@code release} and {@code rpo}. */
final class ArchiveCommands {
    private static final JsonMapper MAPPER = Json.MAPPER
            .rebuild()
            .addModule(new SimpleModule().addSerializer(Instant.class, ToStringSerializer.instance))
            .build();

    private ArchiveCommands() {}

    private static String json(Object result) {
        return Json.text(MAPPER.valueToTree(result));
    }

    private static String counted(long count, String noun) {
        return "%,d %s%s".formatted(count, noun, count == 1 ? "" : "s").replace(',', ' ');
    }

    @Command(name = "backup", description = "Writes the whole database into one file, also beside a running server.")
    static final class Backup implements Callable<Integer> {
        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @Option(
                names = "--out",
                paramLabel = "FILE",
                description =
                        "The file, or s3://bucket/key; without it millrace-<time>.millrace in AP_BACKUP_LOCATION.")
        private @Nullable String out;

        @Option(
                names = "--s3",
                description = "Into the bucket: AP_BACKUP_LOCATION where that is one, else backups/ in AP_S3_BUCKET.")
        private boolean s3;

        @Option(
                names = "--keep-days",
                paramLabel = "N",
                description = "Then removes archives in the same place that are older than N days.")
        private @Nullable Integer keepDays;

        @Override
        public Integer call() {
            if (keepDays != null && keepDays < 1) {
                throw new IllegalArgumentException("--keep-days must be at least 1");
            }
            if (s3 && out != null) {
                throw new IllegalArgumentException("--s3 and --out exclude each other");
            }
            var settings = parent.main().settings(System.err);
            // Before a row is written into its list.
            SchemaCommands.check(settings.database());
            var clock = InstantSource.system();
            var places = new ArchivePlaces(settings, clock);
            var place = out != null
                    ? places.named(out, parent.main().workingDirectory())
                    : s3 ? places.nextInBucket() : places.next();
            var backup = new millrace.archive.Backup(Millrace.VERSION, clock);
            long began = System.nanoTime();
            millrace.archive.Backup.Made made;
            try (var list = BackupLog.of(settings.database())) {
                made = list.record(
                        new Ids(new SecureRandom()).random(), place, () -> backup.make(settings.database(), place));
            }
            System.out.println("wrote " + made.place() + ": " + counted(made.rows(), "row") + " of "
                    + counted(made.tables(), "table") + ", " + counted(made.bytes(), "byte") + ", in "
                    + Duration.ofNanos(System.nanoTime() - began).toMillis() + " ms");
            System.out.println("sha256 over every byte: " + made.checksum());
            System.out.println(keys(settings));
            if (keepDays != null) {
                backup.removeOlder(made.place(), Duration.ofDays(keepDays))
                        .forEach(old -> System.out.println("removed " + old));
            }
            return 0;
        }

        private static String keys(Settings settings) {
            return "keys are not in the backup: without them its secrets can't be read; keep "
                    + (settings.keys().encryptionKey() == null
                            ? Keys.file(settings)
                            : "AP_ENCRYPTION_KEY and AP_JWT_SECRET, which are set outside " + Keys.file(settings));
        }
    }

    @Command(name = "verify", description = "Restores a backup into a scratch database and compares everything.")
    static final class Verify implements Callable<Integer> {
        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @Parameters(paramLabel = "FILE", description = "The backup: a path, or s3://bucket/key.")
        @SuppressWarnings("NullAway.Init")
        private String file;

        @Override
        public Integer call() {
            var settings = parent.main().settings(System.err);
            var place = new ArchivePlaces(settings, InstantSource.system())
                    .named(file, parent.main().workingDirectory());
            var verified = Verification.verify(place, Keys.fingerprintOf(settings));
            System.out.println("verified " + place + ": " + counted(verified.rows(), "row") + " of "
                    + counted(verified.tables(), "table") + " restore with the same counts and checksums, foreign keys"
                    + " hold" + (verified.keyChecked() ? ", the key is the one that is set here" : ""));
            System.out.println("sha256 over every byte: " + verified.checksum());
            note(settings.database(), place, verified.checksum());
            return 0;
        }

        /** So that the server offers it, if it is one of the configured database; which need not be there. */
        private static void note(DatabaseSettings database, ArchivePlace place, String checksum) {
            try (var list = BackupLog.of(database)) {
                if (list.verified(place, checksum)) {
                    System.out.println("the list of backups in " + database.place() + " says so, too");
                }
            } catch (DatabaseRefusal notThere) {
                // It is an archive of another database, or of one that has been lost.
            }
        }
    }

    @Command(name = "restore", description = "Puts a backup into a database. It starts held: see db release.")
    static final class Restore implements Callable<Integer> {
        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @Parameters(paramLabel = "FILE", description = "The backup: a path, or s3://bucket/key.")
        @SuppressWarnings("NullAway.Init")
        private String file;

        @Option(
                names = "--to",
                paramLabel = "URL",
                description = "postgresql://… or sqlite:PATH; without it the configured database.")
        private @Nullable String to;

        @Option(names = "--force", description = "Replaces what is there, once the backup has been loaded whole.")
        private boolean force;

        @Option(names = "--release", description = "Does not hold the database: what was in flight goes on.")
        private boolean release;

        @Option(
                names = "--as-clone",
                description = "A copy for trying things out: no webhooks, connections without values, never released.")
        private boolean asClone;

        @Override
        public Integer call() {
            if (release && asClone) {
                throw new IllegalArgumentException("--release and --as-clone exclude each other");
            }
            var settings = parent.main().settings(System.err);
            var place = new ArchivePlaces(settings, InstantSource.system())
                    .named(file, parent.main().workingDirectory());
            DatabaseSettings target =
                    to == null ? settings.database() : parent.main().database("--to", to);
            var mode = asClone ? Mode.CLONE : release ? Mode.RELEASED : Mode.HELD;
            var restored = millrace.archive.Restore.restore(place, target, force, mode, Keys.fingerprintOf(settings));
            System.out.println("restored " + place + " into " + restored.place() + ": "
                    + counted(restored.rows(), "row") + " of " + counted(restored.tables(), "table"));
            switch (mode) {
                case HELD -> {
                    System.out.println("the database is held: " + counted(restored.held(), "run")
                            + " that had not ended, timers, schedules and polls stay still; new webhooks run");
                    System.out.println("decide with millrace db release [--all | --skip-in-doubt | --cancel]");
                }
                case RELEASED -> System.out.println("the database is not held: what was in flight goes on");
                case CLONE ->
                    System.out.println("the database is a clone: webhooks are refused, "
                            + counted(restored.blanked(), "connection") + " lost their values, "
                            + counted(restored.held(), "run") + " stay still for ever");
            }
            return 0;
        }
    }

    @Command(name = "move", description = "Moves a database to another place or kind; run again, it goes on.")
    static final class Move implements Callable<Integer> {
        private static final long PRINT_EVERY_NANOS = 2_000_000_000L;

        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @Option(
                names = "--from",
                required = true,
                paramLabel = "URL",
                description = "postgresql://… or sqlite:PATH; it is only read, its servers must be stopped.")
        @SuppressWarnings("NullAway.Init")
        private String from;

        @Option(
                names = "--to",
                required = true,
                paramLabel = "URL",
                description = "postgresql://… or sqlite:PATH; it must be empty.")
        @SuppressWarnings("NullAway.Init")
        private String to;

        private long printed = System.nanoTime();

        @Override
        public Integer call() {
            parent.main().settings(System.err);
            long began = System.nanoTime();
            var moved = millrace.archive.Move.move(
                    parent.main().database("--from", from), parent.main().database("--to", to), this::print);
            System.out.println((moved.resumed() ? "went on and moved " : "moved ") + moved.from() + " to " + moved.to()
                    + ": " + counted(moved.rows(), "row") + " of " + counted(moved.tables(), "table")
                    + ", compared table by table, in "
                    + Duration.ofNanos(System.nanoTime() - began).toMillis() + " ms");
            System.out.println(
                    "start the server on the new database; the keys stay the same, the old one is as it was");
            return 0;
        }

        private void print(String table, long rows, long of) {
            if (of > 0 && (rows == of || System.nanoTime() - printed > PRINT_EVERY_NANOS)) {
                printed = System.nanoTime();
                System.out.println("  " + table + ": " + rows + " of " + counted(of, "row"));
            }
        }
    }

    @Command(name = "rpo", description = "Tells what would be lost if the database died now.")
    static final class Rpo implements Callable<Integer> {
        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @Option(names = "--json", description = "As one JSON object.")
        private boolean json;

        @Override
        public Integer call() {
            var settings = parent.main().settings(System.err);
            try (var database = Database.beside(settings.database())) {
                database.migrations().requireCurrent();
                var clock = InstantSource.system();
                var point = new RecoveryMeter(database, new ArchivePlaces(settings, clock), clock).measure();
                System.out.println(json ? ArchiveCommands.json(point) : point.toString());
                return 0;
            }
        }
    }

    @Command(name = "release", description = "Lists what a restored database holds, and decides about it.")
    static final class Release implements Callable<Integer> {
        @ParentCommand
        @SuppressWarnings("NullAway.Init")
        private DatabaseCommands parent;

        @ArgGroup
        private @Nullable Choice choice;

        @Option(names = "--json", description = "As one JSON object.")
        private boolean json;

        static final class Choice {
            @Option(names = "--all", description = "Everything goes on where it was.")
            private boolean all;

            @Option(
                    names = "--skip-in-doubt",
                    description = "Ends what has gone on in the world since the backup; what is still to come goes on.")
            private boolean skipInDoubt;

            @Option(names = "--cancel", description = "Ends all of it.")
            private boolean cancel;

            Hold.Decision decision() {
                return all ? Hold.Decision.ALL : cancel ? Hold.Decision.CANCEL : Hold.Decision.SKIP_IN_DOUBT;
            }
        }

        @Override
        public Integer call() {
            var settings = parent.main().settings(System.err);
            try (var database = Database.beside(settings.database());
                    var hold = new Hold(database, settings.server().holdAfterAsyncFailover())) {
                database.migrations().requireCurrent();
                if (choice == null) {
                    list(hold.held());
                } else {
                    var released = hold.release(choice.decision());
                    System.out.println("released " + database.place() + ": " + counted(released.ended(), "run")
                            + " canceled, " + counted(released.released(), "run") + " go on");
                }
                return 0;
            }
        }

        private void list(Hold.Held held) {
            if (json) {
                System.out.println(ArchiveCommands.json(held));
                return;
            }
            if (!held.held()) {
                System.out.println("nothing is held");
                return;
            }
            System.out.println((held.asClone() ? "a clone" : "held since " + held.since()) + ": " + held.reason());
            System.out.println(held.counts());
            for (var run : held.runs()) {
                System.out.println("  " + run.id() + "  " + run.status()
                        + (run.stepInDoubt() == null ? "" : "  in doubt: " + run.stepInDoubt())
                        + (run.dueAt() == null ? "" : "  due " + run.dueAt()));
            }
            if (held.runs().size() < held.counts().runs()) {
                System.out.println(
                        "  and " + (held.counts().runs() - held.runs().size()) + " more");
            }
            System.out.println(
                    held.asClone()
                            ? "a clone is never released: restore the archive without --as-clone for one that acts"
                            : "decide with millrace db release [--all | --skip-in-doubt | --cancel]");
        }
    }
}
