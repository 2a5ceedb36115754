package millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file system of its own that can be full. It needs the right to mount one. */
final class SmallDisk implements AutoCloseable {
    private static final int BLOCK = 64 * 1024;

    private final Path folder;

    private SmallDisk(Path folder) {
        this.folder = folder;
    }

    /** Mounts an empty disk at the folder; empty where this process may not. */
    static Optional<SmallDisk> mount(Path folder, int megabytes) {
        return run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", folder.toString())
                ? Optional.of(new SmallDisk(folder))
                : Optional.empty();
    }

    /** Leaves no byte free, until {@link #clear}. */
    void fill() {
        try (var file = Files.newOutputStream(ballast())) {
            var block = new byte[BLOCK];
            for (int size = BLOCK; size > 0; size /= 2) {
                fill(file, block, size);
            }
        } catch (IOException e) {
            // It is full.
        }
    }

    private static void fill(java.io.OutputStream file, byte[] block, int size) {
        try {
            while (true) {
                file.write(block, 0, size);
            }
        } catch (IOException e) {
            // No room for a block of this size.
        }
    }

    void clear() {
        try {
            Files.deleteIfExists(ballast());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path ballast() {
        return folder.resolve("ballast");
    }

    @Override
    public void close() {
        run("umount", "-l", folder.toString());
    }

    private static boolean run(String... command) {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
