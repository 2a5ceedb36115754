package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections to PostgreSQL as the settings describe it. */
final class PostgresConnector implements Connector {
    private final Postgres settings;
    private final Dialect dialect = new PostgresDialect();
    private volatile boolean pooled;

    PostgresConnector(Postgres settings) {
        this.settings = settings;
    }

    Postgres settings() {
        return settings;
    }

    /**
     * Whether a pooler stands between, as {@link #meet} has found. Then a connection is another one in each transaction:
     * nothing may be left on it, no prepared statement and no LISTEN.
     */
    boolean pooled() {
        return pooled;
    }

    /** Looks whether the one who answers is PostgreSQL itself: a pooler gives out process ids of its own. */
    void meet(Connection connection) throws SQLException {
        var said = connection.unwrap(PGConnection.class).getBackendPID();
        try (var statement = connection.createStatement();
                var real = statement.executeQuery("SELECT pg_backend_pid()")) {
            pooled = real.next() && real.getInt(1) != said;
        }
    }

    @Override
    public String place() {
        return settings.place();
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public Connection open(String purpose) throws SQLException {
        return source("millrace:" + purpose).getConnection();
    }

    /** @param name the connections' application_name, unless the URL sets one */
    PGSimpleDataSource source(String name) throws SQLException {
        if (settings.hosts().stream().anyMatch(Host::socketFolder)) {
            throw new DatabaseRefusal("PostgreSQL at " + place() + " can't be reached by a Unix socket yet:"
                    + " name a host in AP_POSTGRES_URL or AP_POSTGRES_HOST");
        }
        var source = new PGSimpleDataSource();
        source.setServerNames(settings.hosts().stream().map(Host::name).toArray(String[]::new));
        source.setPortNumbers(settings.hosts().stream().mapToInt(Host::port).toArray());
        source.setDatabaseName(settings.database());
        source.setUser(settings.user());
        if (settings.password() != null) {
            source.setPassword(settings.password().value());
        }
        source.setApplicationName(settings.parameters().getOrDefault("application_name", name));
        source.setTcpKeepAlive(true);
        // Saves the round trips in which the driver asks for what every supported version has.
        source.setAssumeMinServerVersion("14");
        if (pooled) {
            source.setPrepareThreshold(0);
        }
        setParameters(source);
        PostgresTls.set(source, settings.tls());
        return source;
    }

    private void setParameters(PGSimpleDataSource source) throws SQLException {
        for (var parameter : settings.parameters().entrySet()) {
            var value = parameter.getValue();
            switch (parameter.getKey()) {
                case "connect_timeout" -> source.setConnectTimeout(Integer.parseInt(value));
                case "options" -> source.setOptions(value);
                case "target_session_attrs" ->
                    source.setProperty(PGProperty.TARGET_SERVER_TYPE, targetServer(value.toLowerCase(Locale.ROOT)));
                // The others are read by config (host, port, user …) or set above.
                default -> {}
            }
        }
    }

    /** libpq's names in the driver's words. */
    private static String targetServer(String attributes) {
        return switch (attributes) {
            case "read-write", "primary" -> "primary";
            case "read-only", "standby" -> "secondary";
            case "prefer-standby" -> "preferSecondary";
            default -> "any";
        };
    }
}
