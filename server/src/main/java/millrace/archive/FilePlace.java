package millrace.archive;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A file. It is written beside, flushed and renamed; the one that is being written is locked, so that nobody takes it for
 * left over.
 */
record FilePlace(Path path) implements ArchivePlace {
    private static final String PARTIAL = ".partial";

    FilePlace {
        path = path.toAbsolutePath();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public String name() {
        return String.valueOf(path.getFileName());
    }

    @Override
    public Optional<String> version() {
        try {
            return Files.isRegularFile(path)
                    ? Optional.of(Files.size(path) + " bytes of "
                            + Files.getLastModifiedTime(path).toInstant())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Contents open() {
        try {
            return new Contents(Files.newInputStream(path), Files.size(path));
        } catch (NoSuchFileException e) {
            throw new ArchiveRefusal("there is no archive " + path);
        } catch (IOException e) {
            throw refusal("the archive " + path + " can't be read", e);
        }
    }

    @Override
    public Draft begin(Instant now) throws IOException {
        if (Files.isDirectory(path)) {
            throw new ArchiveRefusal("the backup " + path + " can't be written: there is a folder of this name");
        }
        Files.createDirectories(parent());
        removeLeftOver();
        return new FileDraft();
    }

    private Path parent() {
        return Objects.requireNonNull(path.getParent());
    }

    private void removeLeftOver() throws IOException {
        try (var files = Files.newDirectoryStream(parent(), ".*" + PARTIAL)) {
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

    private final class FileDraft implements Draft {
        private final Path beside = parent().resolve("." + path.getFileName() + PARTIAL);
        private final FileChannel channel;
        private final OutputStream out;

        FileDraft() throws IOException {
            channel = FileChannel.open(
                    beside,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            if (lock() == null) {
                channel.close();
                throw new ArchiveRefusal("the backup " + path + " is being written already");
            }
            channel.truncate(0);
            out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 20);
        }

        /** It ends with the channel. */
        private @org.jspecify.annotations.Nullable FileLock lock() throws IOException {
            try {
                return channel.tryLock();
            } catch (OverlappingFileLockException e) {
                return null;
            }
        }

        @Override
        public OutputStream out() {
            return out;
        }

        @Override
        public void complete() throws IOException {
            out.flush();
            channel.force(true);
            Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent());
            channel.close();
        }

        @Override
        public void close() throws IOException {
            if (channel.isOpen()) {
                Files.deleteIfExists(beside);
                channel.close();
            }
        }
    }

    /** So that the name, too, survives a loss of power. */
    private static void sync(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String folder() {
        return parent().toString();
    }

    @Override
    public List<ArchivePlace> archives() throws IOException {
        var found = new ArrayList<ArchivePlace>();
        if (Files.isDirectory(parent())) {
            try (var files = Files.newDirectoryStream(parent(), "[!.]*")) {
                for (var file : files) {
                    if (Files.isRegularFile(file) && isArchive(file)) {
                        found.add(new FilePlace(file));
                    }
                }
            }
        }
        return found;
    }

    @Override
    public void remove() throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public List<String> removeOlder(Instant before) throws IOException {
        var removed = new ArrayList<String>();
        try (var files = Files.newDirectoryStream(parent())) {
            for (var file : files) {
                if (!file.equals(path)
                        && Files.isRegularFile(file)
                        && Files.getLastModifiedTime(file).toInstant().isBefore(before)
                        && isArchive(file)) {
                    Files.delete(file);
                    removed.add(file.toString());
                }
            }
        }
        return removed;
    }

    private static boolean isArchive(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(ArchiveWriter.FIRST_LINE.length), ArchiveWriter.FIRST_LINE);
        }
    }

    @Override
    public ArchiveRefusal refusal(String what, Exception e) {
        return new ArchiveRefusal(
                what + ": " + e + "; see to its rights and room, or name another with --out or AP_BACKUP_LOCATION", e);
    }
}
