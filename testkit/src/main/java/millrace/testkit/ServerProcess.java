package millrace.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A server in a process of its own, started by the launcher as an operator would; it can be killed at any moment. */
public final class ServerProcess implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(5);

    private final Map<String, String> settings;
    private final Path directory;
    private final int port;
    private @Nullable Process process;

    private ServerProcess(Map<String, String> settings, Path directory, int port) {
        this.settings = settings;
        this.directory = directory;
        this.port = port;
    }

    /** Starts a server on the database that the settings name and answers when it serves. */
    public static ServerProcess start(Map<String, String> settings) {
        try {
            return start(settings, Files.createTempDirectory("millrace-process-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As {@link #start(Map)}, with its files in this folder. */
    public static ServerProcess start(Map<String, String> settings, Path directory) {
        try {
            var port = freePort();
            var all = new HashMap<>(settings);
            all.put("AP_PORT", Integer.toString(port));
            var server = new ServerProcess(Map.copyOf(all), directory, port);
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String base() {
        return "http://127.0.0.1:" + port;
    }

    public Path directory() {
        return directory;
    }

    /** Starts the process anew, in the same folder and on the same port; answers the time until it served. */
    public Duration start() {
        return startWith(Map.of());
    }

    /** As {@link #start()}, with more variables in its environment this time. */
    public Duration startWith(Map<String, String> more) {
        var began = System.nanoTime();
        launch(more);
        awaitServing();
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Starts the process anew and does not wait until it serves. */
    public void launch(Map<String, String> more) {
        var builder = new ProcessBuilder(launcher().toString()).directory(directory.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("AP_"));
        builder.environment().putAll(settings);
        builder.environment().putAll(more);
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
        builder.redirectInput(new File("/dev/null"));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the process has been started and has not ended. */
    public boolean alive() {
        var running = process;
        return running != null && running.isAlive();
    }

    /** {@code kill -9}: the process gets no chance to end anything. */
    public void kill() {
        end(true);
    }

    /** {@code kill -STOP}: the process stands still until {@link #wake}, and knows nothing of it. */
    public void freeze() {
        signal("-STOP");
    }

    /** {@code kill -CONT}. */
    public void wake() {
        signal("-CONT");
    }

    /** Whether the process stands still. */
    public boolean frozen() {
        try {
            var status = Files.readString(Path.of("/proc/" + pid() + "/stat"));
            return status.charAt(status.lastIndexOf(')') + 2) == 'T';
        } catch (IOException e) {
            return false;
        }
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", name, Long.toString(pid())).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** {@code kill}: the process ends in order. */
    public void stop() {
        end(false);
    }

    /** The process's own id; the launcher became the JVM, so it is the server's. */
    public long pid() {
        var running = process;
        if (running == null) {
            throw new IllegalStateException("the server is not running");
        }
        return running.pid();
    }

    public String output() {
        try {
            return Files.readString(log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            stop();
        }
    }

    /** The launcher that started this process, else that of the checkout around the working directory. */
    public static Path launcher() {
        var home = System.getenv("MILLRACE_HOME");
        if (home != null) {
            return Path.of(home, "millrace");
        }
        for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("millrace"))) {
                return folder.resolve("millrace");
            }
        }
        throw new IllegalStateException("no launcher above the working directory");
    }

    private Path log() {
        return directory.resolve("server.log");
    }

    private void end(boolean hard) {
        var running = process;
        if (running == null) {
            return;
        }
        process = null;
        if (hard) {
            running.destroyForcibly();
        } else {
            running.destroy();
        }
        try {
            if (!running.waitFor(Client.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                running.destroyForcibly();
                throw new AssertionError("the server did not end within " + Client.DEADLINE + "\n" + output());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Returns when the process serves. */
    public void awaitServing() {
        var started = Objects.requireNonNull(process);
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        var request = HttpRequest.newBuilder(URI.create(base() + "/api/v1/flags"))
                .timeout(Client.DEADLINE)
                .build();
        try (var http = HttpClient.newHttpClient()) {
            while (true) {
                if (!started.isAlive()) {
                    throw new AssertionError("the server ended with " + started.exitValue() + "\n" + output());
                }
                if (System.nanoTime() > deadline) {
                    started.destroyForcibly();
                    throw new AssertionError("the server did not answer within " + Client.DEADLINE + "\n" + output());
                }
                try {
                    if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        return;
                    }
                } catch (IOException e) {
                    // Nobody listens yet.
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            return socket.getLocalPort();
        }
    }
}
