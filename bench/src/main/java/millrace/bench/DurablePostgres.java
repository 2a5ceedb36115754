package millrace.bench;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL that keeps what it has committed: this machine's newest, else the embedded one. Both start empty. */
final class DurablePostgres implements AutoCloseable {
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final String DATABASE = "millrace";

    private final String url;
    private final Closing closing;
    private int more;

    private interface Closing {
        void close() throws IOException;
    }

    private DurablePostgres(String url, Closing closing) {
        this.url = url;
        this.closing = closing;
    }

    static DurablePostgres start() throws IOException {
        var binaries = newestInstalled();
        return binaries == null ? embedded() : installed(binaries);
    }

    String url() {
        return url;
    }

    /** The URL of one more empty database. */
    String another() throws SQLException {
        var name = "millrace_" + ++more;
        new Postgres(url).run("CREATE DATABASE " + name);
        return url.substring(0, url.lastIndexOf('/') + 1) + name;
    }

    @Override
    public void close() throws IOException {
        closing.close();
    }

    private static DurablePostgres embedded() throws IOException {
        var server = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start();
        return new DurablePostgres("postgresql://postgres@127.0.0.1:" + server.getPort() + "/postgres", server::close);
    }

    /** PostgreSQL refuses to run as root, so root runs it as Debian's user postgres. */
    private static DurablePostgres installed(Path binaries) throws IOException {
        var home = Files.createTempDirectory("millrace-bench-");
        if (root()) {
            run(List.of("chown", "postgres", home.toString()));
        }
        var port = freePort();
        var data = home.resolve("data");
        shell(binaries + "/initdb -D " + data + " -U postgres --auth=trust");
        shell(binaries + "/pg_ctl -D " + data + " -w -l " + home + "/log -o '-p " + port + " -k " + home
                + " -h 127.0.0.1' start");
        shell(binaries + "/createdb -h 127.0.0.1 -p " + port + " -U postgres " + DATABASE);
        return new DurablePostgres("postgresql://postgres@127.0.0.1:" + port + "/" + DATABASE, () -> {
            shell(binaries + "/pg_ctl -D " + data + " -m immediate stop");
            shell("rm -rf " + data);
        });
    }

    private static void shell(String command) throws IOException {
        run(root() ? List.of("su", "postgres", "-s", "/bin/sh", "-c", command) : List.of("sh", "-c", command));
    }

    private static void run(List<String> command) throws IOException {
        var process = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("failed: " + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static @Nullable Path newestInstalled() throws IOException {
        if (!Files.isDirectory(INSTALLED)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.filter(version -> Files.isExecutable(version.resolve("bin/initdb")))
                    .max(Comparator.comparingInt(
                            version -> Integer.parseInt(version.getFileName().toString())))
                    .map(version -> version.resolve("bin"))
                    .orElse(null);
        }
    }

    private static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
