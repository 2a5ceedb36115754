package millrace.database;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The first contact with the database, and what the operator is told when it fails. */
final class Opening {
    private static final Logger LOG = LoggerFactory.getLogger(Opening.class);
    private static final long PAUSE_MILLIS = 1_000;
    private static final int ATTEMPTS_A_LINE = 4;
    private static final int OLDEST_POSTGRES = 140_000;

    private Opening() {}

    /** @param alone whether no other process may have a SQLite file */
    static Connections of(Connector connector, boolean alone) throws SQLException {
        return switch (connector) {
            case PostgresConnector postgres -> {
                await(postgres);
                yield new PostgresConnections(postgres);
            }
            case SqliteConnector sqlite -> new SqliteConnections(sqlite, alone);
        };
    }

    /** Waits for what passes by itself: refused, not resolved, timed out, starting, too many connections. */
    private static void await(PostgresConnector postgres) throws SQLException {
        long end = System.nanoTime() + postgres.settings().connectTimeout().toNanos();
        for (int attempt = 0; ; attempt++) {
            try {
                greet(postgres);
                return;
            } catch (SQLException e) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (!Failures.mayComeBack(e) || left <= 0) {
                    throw e;
                }
                if (attempt % ATTEMPTS_A_LINE == 0) {
                    LOG.warn(
                            "PostgreSQL at {} is not there yet ({}): waiting {} s at most",
                            postgres.place(),
                            firstLine(e),
                            left / 1_000);
                }
                pause(Math.min(left, PAUSE_MILLIS));
            }
        }
    }

    private static void pause(long millis) throws SQLException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting for PostgreSQL", e);
        }
    }

    private static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static void greet(PostgresConnector postgres) throws SQLException {
        try (var connection = postgres.open("start");
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
        var reason = firstLine(e);
        return switch (connector) {
            case SqliteConnector sqlite ->
                new DatabaseRefusal(
                        "the SQLite database " + sqlite.place() + " can't be opened: " + reason
                                + "; AP_SQLITE_PATH names another file",
                        e);
            case PostgresConnector postgres ->
                new DatabaseRefusal(
                        "can't connect to PostgreSQL at " + postgres.place() + " as "
                                + postgres.settings().user() + ": " + reason + "; " + advice(e),
                        e);
        };
    }

    private static String advice(SQLException e) {
        return switch (String.valueOf(e.getSQLState())) {
            case "28P01" -> "check AP_POSTGRES_USERNAME and AP_POSTGRES_PASSWORD or AP_POSTGRES_URL";
            case "28000" -> "check the role, its right to log in and the server's pg_hba.conf";
            case "3D000" -> "create the database or correct AP_POSTGRES_DATABASE or AP_POSTGRES_URL";
            case "53300" -> "raise max_connections of the server or lower AP_POSTGRES_POOL_SIZE";
            default -> "check that the server runs, and AP_POSTGRES_URL or AP_POSTGRES_HOST and AP_POSTGRES_PORT";
        };
    }
}
