package millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Debian's PgBouncer in transaction mode before a PostgreSQL of this machine. */
public final class PgBouncer implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");
    private static final long PAUSE_NANOS = 5_000_000;

    private final Process process;
    private final int port;

    private PgBouncer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    public static boolean installed() {
        return Files.isExecutable(PROGRAM);
    }

    /** Serves every database of the PostgreSQL at this port, as the user postgres. */
    public static PgBouncer before(int postgresPort) {
        try {
            var port = freePort();
            var settings = Files.createTempFile("millrace-pgbouncer-", ".ini");
            Files.writeString(settings, """
                    [databases]
                    * = host=127.0.0.1 port=%d user=postgres
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = any
                    pool_mode = transaction
                    default_pool_size = 8
                    """.formatted(postgresPort, port));
            var command = new ProcessBuilder(PROGRAM.toString(), settings.toString());
            if ("root".equals(System.getProperty("user.name"))) {
                // It refuses to be root.
                Files.setPosixFilePermissions(
                        settings, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
                command.command(PROGRAM.toString(), "-u", "nobody", settings.toString());
            }
            var process = command.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var bouncer = new PgBouncer(process, port);
            bouncer.await();
            return bouncer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    private void await() {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (true) {
            try (var connection = new Socket("127.0.0.1", port)) {
                return;
            } catch (IOException notYet) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    process.destroyForcibly();
                    throw new IllegalStateException("PgBouncer does not listen on " + port, notYet);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(Client.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
