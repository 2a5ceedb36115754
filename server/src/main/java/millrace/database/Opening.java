package millrace.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first contact with the database, and what the operator is told when it fails. */
final class Opening {
    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration LINE = Duration.ofMillis(4_500);
    private static final int OLDEST_POSTGRES = 140_000;

    private Opening() {}

    /** @param alone whether no other process may have a SQLite file */
    static Connections of(Connector connector, boolean alone, Reach reach, Parking parking) throws SQLException {
        return switch (connector) {
            case PostgresConnector postgres -> {
                await(postgres);
                yield new PostgresConnections(postgres, reach, parking);
            }
            case SqliteConnector sqlite -> new SqliteConnections(sqlite, alone, reach, parking);
        };
    }

    /** Waits for what passes by itself: refused, not resolved, timed out, starting, too many connections. */
    private static void await(PostgresConnector postgres) throws SQLException {
        var end = System.nanoTime() + postgres.settings().connectTimeout().toNanos();
        try (var lines = new WaitingLines(postgres.place(), end)) {
            while (true) {
                try {
                    greetBefore(end, postgres);
                    return;
                } catch (SQLException e) {
                    var left = Duration.ofNanos(end - System.nanoTime());
                    if (!Failures.mayComeBack(e) || !left.isPositive()) {
                        throw e;
                    }
                    lines.failed(reason(e));
                    pause(left.compareTo(PAUSE) < 0 ? left : PAUSE);
                }
            }
        }
    }

    /** Says every few seconds why a start waits, however long an attempt takes; the first time once one has failed. */
    private static final class WaitingLines implements AutoCloseable {
        private final String place;
        private final long end;
        private final CountDownLatch failed = new CountDownLatch(1);
        private final Thread speaker;
        private volatile String reason = "no answer yet";

        WaitingLines(String place, long end) {
            this.place = place;
            this.end = end;
            this.speaker = Thread.ofVirtual().start(this::speak);
        }

        void failed(String newReason) {
            reason = newReason;
            failed.countDown();
        }

        private void speak() {
            try {
                failed.await(LINE.toMillis(), TimeUnit.MILLISECONDS);
                while (System.nanoTime() < end) {
                    LOG.warn(
                            "PostgreSQL at {} is not there yet ({}): waiting, {} s left",
                            place,
                            reason,
                            Duration.ofNanos(end - System.nanoTime()).toSeconds());
                    Thread.sleep(LINE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            speaker.interrupt();
        }
    }

    private static void pause(Duration duration) throws SQLException {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting for PostgreSQL", e);
        }
    }

    /** The driver's line, and what it leaves out: why a connection attempt or a handshake failed. */
    private static String reason(SQLException e) {
        var line = Failures.firstLine(e);
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        var detail = root == e || root.getMessage() == null ? "" : root.getMessage();
        var known = detail.isEmpty() || line.contains(detail);
        return (known ? line : line.replaceAll("[.\\s]+$", "") + ": " + detail)
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll("[.\\s]+$", "");
    }

    /** A host that takes connections and says nothing may be waited for longer by its own settings than a start waits. */
    private static void greetBefore(long end, PostgresConnector postgres) throws SQLException {
        var greeting = new FutureTask<>(() -> {
            greet(postgres);
            return Boolean.TRUE;
        });
        var thread = Thread.ofVirtual().name("greeting").start(greeting);
        try {
            greeting.get(Math.max(PAUSE.toNanos(), end - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new SQLException("no answer in time", "08001", e);
        } catch (ExecutionException e) {
            var failed = Failures.sqlCause(e);
            if (failed != null) {
                throw failed;
            }
            throw e.getCause() instanceof RuntimeException refused ? refused : new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting for PostgreSQL", e);
        } finally {
            // Ends what it waits for.
            thread.interrupt();
        }
    }

    private static void greet(PostgresConnector postgres) throws SQLException {
        try (var connection = postgres.openToWrite("millrace:start");
                var statement = connection.createStatement();
                var version = statement.executeQuery("SHOW server_version_num")) {
            if (version.next() && version.getInt(1) < OLDEST_POSTGRES) {
                throw new DatabaseRefusal("PostgreSQL at " + postgres.place() + " is of version " + version.getInt(1)
                        + ": Millrace needs PostgreSQL 14 or later");
            }
            postgres.meet(connection);
            if (postgres.pooled()) {
                LOG.info(
                        "PostgreSQL at {} is behind a connection pooler: runs are looked for by polling",
                        postgres.place());
            }
        }
    }

    /** One line: what is wrong, where, and which setting or statement repairs it. */
    static DatabaseRefusal refusal(Connector connector, SQLException e) {
        var reason = reason(e);
        return switch (connector) {
            case SqliteConnector sqlite ->
                new DatabaseRefusal(
                        "the SQLite database " + sqlite.place() + " can't be opened: " + reason + "; "
                                + (Failures.away(e) ? "make room on its disk, or AP_SQLITE_PATH" : "AP_SQLITE_PATH")
                                + " names another file",
                        e);
            case PostgresConnector postgres ->
                new DatabaseRefusal(
                        "can't connect to PostgreSQL at " + postgres.place() + " as "
                                + postgres.settings().user() + ": " + reason + "; " + advice(postgres, e),
                        e);
        };
    }

    private static String advice(PostgresConnector postgres, SQLException e) {
        var user = SqlNames.quoted(postgres.settings().user());
        var database = SqlNames.quoted(postgres.settings().database());
        if (Failures.refusedTls(e)) {
            return "check sslmode and sslrootcert in AP_POSTGRES_URL, AP_POSTGRES_SSL_CA, and the certificates' names"
                    + " and dates";
        }
        return switch (String.valueOf(e.getSQLState())) {
            case "28P01" -> "check AP_POSTGRES_USERNAME and AP_POSTGRES_PASSWORD or AP_POSTGRES_URL";
            case "28000" -> "check the role, its right to log in and the server's pg_hba.conf";
            case "3D000" -> "run CREATE DATABASE " + database + "; or correct AP_POSTGRES_DATABASE or AP_POSTGRES_URL";
            case "42501" -> "run GRANT CONNECT ON DATABASE " + database + " TO " + user + ";";
            case "53300" -> "raise max_connections of the server or lower AP_POSTGRES_POOL_SIZE";
            case "08004" ->
                Failures.firstLine(e).contains("SSL")
                        ? "switch TLS on in the server (ssl = on), or off here (AP_POSTGRES_USE_SSL, sslmode)"
                        : "check AP_POSTGRES_USERNAME and AP_POSTGRES_PASSWORD or AP_POSTGRES_URL";
            case "25006" ->
                "name the host that takes writes in AP_POSTGRES_URL or AP_POSTGRES_HOST, or several hosts and"
                        + " target_session_attrs=read-write, or run ALTER DATABASE " + database
                        + " RESET default_transaction_read_only;";
            default -> "check that the server runs, and AP_POSTGRES_URL or AP_POSTGRES_HOST and AP_POSTGRES_PORT";
        };
    }
}
