package millrace.archive;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.LocalDate;
import java.util.Collection;
import java.util.Objects;
import millrace.archive.Origin.State;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;
import org.jspecify.annotations.Nullable;

/**
 * Puts a backup into a database.
 *
 * <ol>
 *   <li>The archive is read to its end before the target is touched.
 *   <li>The target has the old content or the new one, never a part: one transaction on PostgreSQL, a renamed file on
 *       SQLite.
 *   <li>Unless told otherwise the database is held from its first start on.
 * </ol>
 */
public final class Restore {
    private static final String BESIDE = ".restoring";

    private Restore() {}

    /** What the database is afterwards. */
    public enum Mode {
        /** Behind the world: what came with it stays still until it is released. */
        HELD,
        /** Where the source was; what came with it goes on. */
        RELEASED,
        /** A copy for trying things out. */
        CLONE
    }

    /** @param held how many runs stay still; @param blanked how many connections lost their values */
    public record Restored(String place, int tables, long rows, int held, int blanked) {}

    /**
     * @param force whether tables of ours that are there are replaced
     * @param fingerprint of the key that is set here; null when none is
     */
    public static Restored restore(
            ArchivePlace place, DatabaseSettings target, boolean force, Mode mode, @Nullable String fingerprint) {
        var days = Verification.days(place, fingerprint);
        try (var archive = new ArchiveReader(place)) {
            var origin = origin(place, archive.manifest(), mode);
            return switch (target) {
                case DatabaseSettings.Postgres postgres -> intoPostgres(archive, days, postgres, force, origin);
                case DatabaseSettings.Sqlite sqlite -> intoSqlite(archive, days, sqlite, force, origin);
            };
        }
    }

    private static Origin origin(ArchivePlace place, Manifest manifest, Mode mode) {
        var reason = "restored from " + place.name() + ", a backup of " + manifest.created();
        return switch (mode) {
            case HELD -> new Origin(State.RESTORED, reason, null, null);
            case RELEASED -> new Origin(State.OWN, null, null, null);
            case CLONE -> new Origin(State.CLONE, reason, null, null);
        };
    }

    private static Restored intoPostgres(
            ArchiveReader archive,
            Collection<LocalDate> days,
            DatabaseSettings.Postgres target,
            boolean force,
            Origin origin) {
        try (var database = Direct.alone(target, "restore")) {
            var store = new RestoreStore(database);
            store.check(force);
            return store.replace(archive, days, origin);
        }
    }

    private static Restored intoSqlite(
            ArchiveReader archive,
            Collection<LocalDate> days,
            DatabaseSettings.Sqlite target,
            boolean force,
            Origin origin) {
        var beside = target.file().resolveSibling(target.file().getFileName() + BESIDE);
        try (var lock = Direct.lock(target)) {
            remove(beside);
            if (isUsed(target)) {
                try (var old = Direct.beside(target, "restore")) {
                    var store = new RestoreStore(old);
                    store.check(force);
                    store.settle();
                }
            }
            Restored restored;
            try (var database = Direct.create(new DatabaseSettings.Sqlite(beside), "restore")) {
                var store = new RestoreStore(database);
                restored = store.fill(archive, days, origin);
                store.settle();
            }
            takePlace(beside, target.file());
            return new Restored(
                    target.place(), restored.tables(), restored.rows(), restored.held(), restored.blanked());
        } catch (IOException e) {
            throw new ArchiveRefusal(
                    "the SQLite database " + target.place() + " can't be written: " + e
                            + "; make room or name another file with --to sqlite:PATH",
                    e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            removeQuietly(beside);
        }
    }

    private static boolean isUsed(DatabaseSettings.Sqlite target) throws IOException {
        return Files.isRegularFile(target.file()) && Files.size(target.file()) > 0;
    }

    /** The old file has no log any more: whatever moment this stops at, one of both is there and whole. */
    private static void takePlace(Path beside, Path file) throws IOException {
        try (var channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        removeLogs(file);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (var folder =
                FileChannel.open(Objects.requireNonNull(file.toAbsolutePath().getParent()), StandardOpenOption.READ)) {
            folder.force(true);
        }
    }

    private static void remove(Path file) throws IOException {
        Files.deleteIfExists(file);
        removeLogs(file);
    }

    private static void removeLogs(Path file) throws IOException {
        for (var ending : new String[] {"-wal", "-shm", "-journal"}) {
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + ending));
        }
    }

    private static void removeQuietly(Path file) {
        try {
            remove(file);
        } catch (IOException e) {
            // The next restore removes it.
        }
    }
}
