package millrace.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;

/** An embedded PostgreSQL, durable as in production, that can be restarted on the same data and port. */
public final class RestartablePostgres implements AutoCloseable {
    private final Path data;
    private final int port;
    private EmbeddedPostgres server;
    private String database = "postgres";

    private RestartablePostgres(Path data, int port) throws IOException {
        this.data = data;
        this.port = port;
        this.server = launch();
    }

    public static RestartablePostgres start() {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = free.getLocalPort();
            free.close();
            return new RestartablePostgres(Files.createTempDirectory("millrace-torture-postgres-"), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private EmbeddedPostgres launch() throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .start();
    }

    public int port() {
        return port;
    }

    /** Ends all its connections and comes back. */
    public void restart() {
        try {
            server.close();
            server = launch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the database anew: nobody is connected to it and nothing is in it. */
    public void recreate(String name) {
        database = name;
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("no database could be made", e);
        }
    }

    /** What is done while nobody else may read or write the table. */
    public interface Locked {
        void run() throws Exception;
    }

    /** Holds a lock on the table meanwhile. */
    public void whileLocked(String table, Locked work) throws Exception {
        try (var connection = server.getDatabase("postgres", database).getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
            work.run();
        }
    }

    /** The number that the query answers. */
    public long count(String query) {
        return Long.parseLong(text(query));
    }

    /** The one value that the query answers; empty when it has no row. */
    public String text(String query) {
        try (var connection = server.getDatabase("postgres", database).getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "";
        } catch (SQLException e) {
            throw new IllegalStateException("the database did not answer: " + query, e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
            try (var files = Files.walk(data)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
