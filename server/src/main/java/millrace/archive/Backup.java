package millrace.archive;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;

/**
 * Makes backups in a folder.
 *
 * <ol>
 *   <li>A file under its final name is complete and on disk: it is written beside, flushed, and renamed.
 *   <li>What a failed backup wrote is removed; what a killed one left, by the next into the same folder. The one that is
 *       being written is locked, so nobody takes it for left over.
 * </ol>
 */
public final class Backup {
    private static final String ENDING = ".millrace";
    private static final String PARTIAL = ".partial";
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final String program;
    private final InstantSource clock;

    /** @param program the version of the program */
    public Backup(String program, InstantSource clock) {
        this.program = program;
        this.clock = clock;
    }

    /**
     * A backup that was made.
     *
     * @param checksum SHA-256 over every byte of the file
     */
    public record Made(Path file, int tables, long rows, long bytes, String checksum, List<Path> removed) {
        public Made {
            removed = List.copyOf(removed);
        }
    }

    /** {@code millrace-<time>.millrace} in the folder. */
    public Path fileIn(Path folder) {
        return fileIn(folder, "");
    }

    Path fileIn(Path folder, String suffix) {
        return folder.resolve("millrace-" + STAMP.format(clock.instant()) + suffix + ENDING);
    }

    /**
     * Copies the database, also beside a running server, in one state after this call began.
     *
     * @throws ArchiveRefusal when the file can't be written
     */
    public Made make(DatabaseSettings settings, Path file) {
        var folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        try (var database = Direct.beside(settings, "backup")) {
            if (Files.isDirectory(file)) {
                throw new ArchiveRefusal("the backup " + file + " can't be written: there is a folder of this name");
            }
            Files.createDirectories(folder);
            removeLeftOver(folder);
            var contents = write(database, file, folder.resolve("." + file.getFileName() + PARTIAL));
            sync(folder);
            return new Made(
                    file, contents.tables().size(), contents.rows(), contents.bytes(), contents.checksum(), List.of());
        } catch (IOException | UncheckedIOException e) {
            var cause = e instanceof UncheckedIOException unchecked ? unchecked.getCause() : e;
            throw new ArchiveRefusal(
                    "the backup " + file + " can't be written: " + cause
                            + "; make room or name another file with --out or AP_BACKUP_LOCATION",
                    e);
        }
    }

    private ArchiveWriter.Contents write(Direct database, Path file, Path beside) throws IOException {
        try (var channel = FileChannel.open(
                        beside,
                        java.util.Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                var lock = channel.tryLock()) {
            if (lock == null) {
                throw new ArchiveRefusal("the backup " + file + " is being written by another process");
            }
            channel.truncate(0);
            try {
                var out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20);
                var contents = DumpStore.dump(database, out, program, clock);
                channel.force(true);
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return contents;
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (OverlappingFileLockException e) {
            throw new ArchiveRefusal("the backup " + file + " is being written by this process", e);
        }
    }

    private static void removeLeftOver(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, ".*" + PARTIAL)) {
            for (var file : files) {
                try (var channel = FileChannel.open(file, StandardOpenOption.WRITE);
                        var lock = channel.tryLock()) {
                    if (lock != null) {
                        Files.deleteIfExists(file);
                    }
                } catch (OverlappingFileLockException e) {
                    // Another thread of this process writes it.
                }
            }
        }
    }

    /** So that the name, too, survives a loss of power. */
    private static void sync(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Removes the archives in the file's folder that were last changed longer ago; the file itself and what is no archive
     * stay.
     */
    public List<Path> removeOlder(Path newest, Duration keep) {
        var before = clock.instant().minus(keep);
        var removed = new ArrayList<Path>();
        try (var files = Files.newDirectoryStream(
                Objects.requireNonNull(newest.toAbsolutePath().getParent()))) {
            for (var file : files) {
                if (!file.equals(newest.toAbsolutePath())
                        && Files.isRegularFile(file)
                        && changed(file).isBefore(before)
                        && isArchive(file)) {
                    Files.delete(file);
                    removed.add(file);
                }
            }
            return removed;
        } catch (IOException e) {
            throw new ArchiveRefusal(
                    "the backup " + newest + " is complete, but old ones could not be removed: " + e, e);
        }
    }

    private static Instant changed(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toInstant();
    }

    static boolean isArchive(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(ArchiveWriter.FIRST_LINE.length), ArchiveWriter.FIRST_LINE);
        }
    }
}
