package millrace.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.concurrent.locks.LockSupport;

/** Two PostgreSQL servers of which one repeats the other; synchronously: what one has acknowledged, both have. */
public final class ReplicatedPostgres implements AutoCloseable {
    private static final long PAUSE_NANOS = 20_000_000;

    private final Path folder;
    private final int firstPort;
    private final int secondPort;
    private EmbeddedPostgres first;
    private final EmbeddedPostgres second;

    private ReplicatedPostgres(Path folder, int firstPort, int secondPort, boolean synchronous) throws IOException {
        this.folder = folder;
        this.firstPort = firstPort;
        this.secondPort = secondPort;
        this.first = launch("first", firstPort);
        first.close();
        copy();
        this.first = launch("first", firstPort);
        this.second = launch("second", secondPort);
        if (synchronous) {
            execute(first, "ALTER SYSTEM SET synchronous_standby_names = '*'");
            execute(first, "SELECT pg_reload_conf()");
        }
        awaitStandby(synchronous ? "sync" : "async");
        execute(first, "CREATE DATABASE replicated");
    }

    public static ReplicatedPostgres start() {
        return start(true);
    }

    /** The standby may lack what the primary has acknowledged. */
    public static ReplicatedPostgres startAsynchronous() {
        return start(false);
    }

    private static ReplicatedPostgres start(boolean synchronous) {
        try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var ports = new int[] {one.getLocalPort(), other.getLocalPort()};
            one.close();
            other.close();
            return new ReplicatedPostgres(
                    Files.createTempDirectory("millrace-replicated-"), ports[0], ports[1], synchronous);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private EmbeddedPostgres launch(String name, int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder.resolve(name))
                .setCleanDataDirectory(false)
                .setPort(port)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("wal_level", "replica")
                .setServerConfig("hot_standby", "on")
                .setServerConfig("wal_keep_size", "256MB")
                .start();
    }

    private void copy() throws IOException {
        var from = folder.resolve("first");
        try (var files = Files.walk(from)) {
            for (var file : files.toList()) {
                Files.copy(
                        file,
                        folder.resolve("second").resolve(from.relativize(file)),
                        StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Files.createFile(folder.resolve("second/standby.signal"));
        Files.writeString(
                folder.resolve("second/postgresql.auto.conf"),
                "\nprimary_conninfo = 'host=127.0.0.1 port=" + firstPort + " user=postgres'\n",
                StandardOpenOption.APPEND);
    }

    private void awaitStandby(String state) {
        awaitOnFirst("SELECT count(*) FROM pg_stat_replication WHERE sync_state = '" + state + "'", 1);
    }

    private void awaitOnFirst(String query, long number) {
        while (count(first, "postgres", query) != number) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** The standby has all that is there now, and hears of nothing that comes after. */
    public void cutReplication() {
        awaitOnFirst("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()", 1);
        execute(second, "ALTER SYSTEM SET primary_conninfo = ''");
        execute(second, "SELECT pg_reload_conf()");
        awaitOnFirst("SELECT count(*) FROM pg_stat_replication", 0);
    }

    /** Both servers, as a URL's hosts; the first one is the primary. */
    public String url() {
        return "postgresql://postgres@127.0.0.1:" + firstPort + ",127.0.0.1:" + secondPort
                + "/replicated?target_session_attrs=read-write";
    }

    /** The primary alone. */
    public String firstUrl() {
        return "postgresql://postgres@127.0.0.1:" + firstPort + "/replicated";
    }

    /** The standby alone. */
    public String secondUrl() {
        return "postgresql://postgres@127.0.0.1:" + secondPort + "/replicated";
    }

    /** The standby shows nothing new until {@link #resumeReplay}. */
    public void pauseReplay() {
        execute(second, "SELECT pg_wal_replay_pause()");
    }

    public void resumeReplay() {
        execute(second, "SELECT pg_wal_replay_resume()");
    }

    /** {@code kill -9} of the primary with all its processes. */
    public void killPrimary() {
        kill("first");
        // Of a server that is gone: only the lock on its folder is left to give back.
        close(first);
    }

    /** {@code kill -9} of the standby with all its processes. */
    public void killStandby() {
        kill("second");
    }

    private void kill(String name) {
        try {
            var pid =
                    Files.readAllLines(folder.resolve(name + "/postmaster.pid")).getFirst();
            var postmaster = ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
            var children = postmaster.children().toList();
            postmaster.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(EmbeddedPostgres server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The standby becomes the primary, and waits for nobody. */
    public void promote() {
        execute(second, "ALTER SYSTEM SET synchronous_standby_names = ''");
        execute(second, "SELECT pg_reload_conf()");
        execute(second, "SELECT pg_promote()");
    }

    /** The killed primary comes back and takes it for granted that it still is one. */
    public void reviveFormer() {
        try {
            Files.writeString(
                    folder.resolve("first/postgresql.auto.conf"),
                    "\nsynchronous_standby_names = ''\n",
                    StandardOpenOption.APPEND);
            first = launch("first", firstPort);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The number that the query answers on the standby, or the primary that it has become. */
    public long countOnSecond(String query) {
        return count(second, "replicated", query);
    }

    /** The number that the query answers on the former primary. */
    public long countOnFirst(String query) {
        return count(first, "replicated", query);
    }

    private static long count(EmbeddedPostgres server, String database, String query) {
        try (var connection = server.getDatabase("postgres", database).getConnection();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException("the database did not answer: " + query, e);
        }
    }

    private static void execute(EmbeddedPostgres server, String sql) {
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    @Override
    public void close() {
        try {
            second.close();
            first.close();
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
