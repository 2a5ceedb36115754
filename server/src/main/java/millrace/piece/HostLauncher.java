package millrace.piece;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import millrace.config.SandboxSettings.NetworkMode;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** Starts Node processes: with or without the operating system's wall, each in a folder of its own. */
final class HostLauncher implements AutoCloseable {
    private static final long START_SECONDS = 30;
    /** How wall.sh exits where the wall can't be raised. */
    private static final int REFUSED = 75;

    private static final Pattern VERSION = Pattern.compile("v(\\d+)\\.(\\d+)\\..*", Pattern.DOTALL);
    private static final long MEGABYTE = 1 << 20;
    /** What Node needs beside the heap that V8 limits: its threads' stacks and its own data. */
    private static final long BESIDE_HEAP_KB = 384 * 1024;

    private final HostSettings settings;
    private final Path node;
    private final Path hostDirectory;
    private final AtomicInteger number = new AtomicInteger();
    // The kernel ends a host when the thread that started it ends (wall.sh), so one thread starts them all and stays.
    private final ExecutorService starter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("host-starter").factory());
    private final Path folder;
    private @Nullable String permissionFlag;

    HostLauncher(HostSettings settings) {
        this.settings = settings;
        this.node = realPath(settings.node());
        this.hostDirectory = realPath(settings.hostDirectory());
        try {
            this.folder = Files.createTempDirectory(
                    "millrace-", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for the hosts' sockets", e);
        }
    }

    /** The wall shows places, not links to them. */
    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw new IllegalArgumentException(path + " is needed to run code steps and is not there", e);
        }
    }

    /** What a host is for. */
    enum HostClass {
        PURE,
        EFFECTFUL
    }

    /** The machine does not allow the wall. */
    static final class WallRefused extends IOException {
        private static final long serialVersionUID = 1;

        WallRefused(String message) {
            super(message);
        }
    }

    /** A process whose socket is connected. */
    record Launched(String name, Process process, SocketChannel channel, Path folder) {
        /** The last that the process wrote about itself. */
        String lastWords() {
            return HostLauncher.lastWords(folder);
        }

        void deleteFolder() {
            delete(folder);
        }
    }

    Launched launch(HostClass hostClass, boolean walled) throws IOException {
        var name = (hostClass == HostClass.PURE ? "pure-" : "effectful-") + number.incrementAndGet();
        var own = Files.createDirectory(folder.resolve(name));
        Files.createDirectory(own.resolve("root"));
        var socketFolder = Files.createDirectory(own.resolve("s"));
        var socket = socketFolder.resolve("host");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            server.configureBlocking(false);
            var builder = new ProcessBuilder(command(hostClass, walled, own, socketFolder))
                    .directory(own.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(own.resolve("errors.txt").toFile());
            builder.environment().clear();
            var process = start(builder);
            return new Launched(name, process, accept(server, process, own), own);
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    private Process start(ProcessBuilder builder) throws IOException {
        try {
            return starter.submit(builder::start).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while a host started", e);
        }
    }

    private static SocketChannel accept(ServerSocketChannel server, Process process, Path own) throws IOException {
        var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        try (var selector = Selector.open()) {
            server.register(selector, SelectionKey.OP_ACCEPT);
            while (System.nanoTime() < end && process.isAlive()) {
                selector.select(20);
                if (server.accept() instanceof SocketChannel channel) {
                    return channel;
                }
            }
        }
        throw notStarted(process, own);
    }

    private static IOException notStarted(Process process, Path own) {
        var alive = process.isAlive();
        process.destroyForcibly();
        var words = lastWords(own);
        var status = alive ? "not connected after " + START_SECONDS + " s" : "exit status " + process.exitValue();
        delete(own);
        return !alive && (process.exitValue() == REFUSED || words.contains("unshare:"))
                ? new WallRefused(words)
                : new IOException("a host did not start (" + status + "): " + words);
    }

    private static String lastWords(Path own) {
        try {
            var text = Files.readString(own.resolve("errors.txt"), StandardCharsets.ISO_8859_1);
            return text.substring(Math.max(0, text.length() - 8_000)).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void delete(Path folder) {
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // Left for whoever empties the folder for temporary files.
        }
    }

    private List<String> command(HostClass hostClass, boolean walled, Path own, Path socketFolder) throws IOException {
        var sandbox = settings.sandbox();
        var heap = Math.max(32, sandbox.memoryLimitBytes() / MEGABYTE);
        var options = Json.object()
                .put("effectful", hostClass == HostClass.EFFECTFUL)
                .put("outputLimit", settings.maxOutputBytes())
                .put("strictNetwork", sandbox.networkMode() == NetworkMode.STRICT);
        sandbox.allowedAddresses().forEach(options.putArray("allowedAddresses")::add);
        var words = new ArrayList<String>();
        words.addAll(List.of("/bin/sh", hostDirectory.resolve("wall.sh").toString(), walled ? "walled" : "open"));
        words.add(hostClass == HostClass.PURE ? "pure" : "effectful");
        words.addAll(List.of(own.resolve("root").toString(), node.toString(), hostDirectory.toString()));
        words.add(socketFolder.toString());
        words.add(Long.toString(heap * 1024 + BESIDE_HEAP_KB));
        words.addAll(List.of(
                "--no-warnings",
                permissionFlag(),
                "--allow-fs-read=" + hostDirectory + "/*",
                "--disallow-code-generation-from-strings",
                "--max-old-space-size=" + heap,
                hostDirectory.resolve("main.mjs").toString(),
                socketFolder.resolve("host").toString(),
                Json.text(options)));
        return words;
    }

    /** Node's own guard of files and processes, by the name that this version knows. */
    private synchronized String permissionFlag() throws IOException {
        if (permissionFlag == null) {
            var process = start(new ProcessBuilder(node.toString(), "--version"));
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            var version = VERSION.matcher(text);
            if (!version.matches()) {
                throw new IOException(node + " --version answers '" + text.strip() + "'");
            }
            var major = Integer.parseInt(version.group(1));
            if (major < 20 || major == 20 && Integer.parseInt(version.group(2)) < 18) {
                throw new IOException(node + " is " + text.strip() + "; Node 20.18 or later is needed");
            }
            permissionFlag = major < 24 ? "--experimental-permission" : "--permission";
        }
        return permissionFlag;
    }

    @Override
    public void close() {
        starter.shutdownNow();
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // Not empty: a host's folder could not be deleted.
        }
    }
}
