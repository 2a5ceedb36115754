package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections to PostgreSQL as the settings describe it. */
final class PostgresConnector implements Connector {
    private static final int HANDSHAKE_SECONDS = 5;
    private static final int CANCEL_SECONDS = 2;

    private final Postgres settings;
    private final Dialect dialect = new PostgresDialect();
    private volatile boolean pooled;

    /** Null where any of several hosts will do. */
    private final @Nullable PrimaryHosts primaries;

    private final Promotions promotions = new Promotions();

    PostgresConnector(Postgres settings) {
        this.settings = settings;
        var attributes = settings.parameters().getOrDefault("target_session_attrs", "any");
        this.primaries =
                settings.hosts().size() == 1 || targetServer(attributes).equals("primary")
                        ? new PrimaryHosts(settings.hosts())
                        : null;
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
        return opened("millrace:" + purpose);
    }

    /** Who deals with a promotion before any connection to the new primary is used. */
    Promotions promotions() {
        return promotions;
    }

    /**
     * A connection to a server that takes writes.
     *
     * @param name its application_name, unless the URL sets one
     * @throws SQLException 25006 when it takes none
     */
    Connection openToWrite(String name) throws SQLException {
        var primary = primary(name);
        try {
            promotions.before(primary);
            return primary.connection();
        } catch (SQLException | RuntimeException e) {
            PostgresPool.quietlyClose(primary.connection());
            throw e;
        }
    }

    private PrimaryHosts.Primary primary(String name) throws SQLException {
        if (primaries != null) {
            return primaries.open(host -> opened(name, List.of(host)));
        }
        var connection = opened(name, settings.hosts());
        try {
            return PrimaryHosts.checked(connection, place());
        } catch (SQLException e) {
            PostgresPool.quietlyClose(connection);
            throw e;
        }
    }

    /** Where one host is named it need not take writes: a backup may be made of a standby. */
    private Connection opened(String name) throws SQLException {
        return primaries == null || settings.hosts().size() == 1
                ? opened(name, settings.hosts())
                : primaries.open(host -> opened(name, List.of(host))).connection();
    }

    private Connection opened(String name, List<Host> hosts) throws SQLException {
        var connection = source(name, hosts).getConnection();
        // Only the handshake is bounded by the socket: who waits for a statement decides how long.
        connection.setNetworkTimeout(Runnable::run, 0);
        return connection;
    }

    private PGSimpleDataSource source(String name, List<Host> hosts) throws SQLException {
        var source = new PGSimpleDataSource();
        setHosts(source, hosts);
        source.setDatabaseName(settings.database());
        source.setUser(settings.user());
        if (settings.password() != null) {
            source.setPassword(settings.password().value());
        }
        source.setApplicationName(settings.parameters().getOrDefault("application_name", name));
        source.setTcpKeepAlive(true);
        source.setConnectTimeout(HANDSHAKE_SECONDS);
        source.setSocketTimeout(HANDSHAKE_SECONDS);
        source.setCancelSignalTimeout(CANCEL_SECONDS);
        // Saves the round trips in which the driver asks for what every supported version has.
        source.setAssumeMinServerVersion("14");
        if (pooled) {
            source.setPrepareThreshold(0);
        }
        setParameters(source);
        if (hosts.getFirst().socketFolder()) {
            // As libpq: what does not leave the machine is not encrypted.
            source.setSslMode("disable");
        } else {
            PostgresTls.set(source, settings.tls());
        }
        return source;
    }

    private void setHosts(PGSimpleDataSource source, List<Host> hosts) {
        var first = hosts.getFirst();
        if (hosts.stream().noneMatch(Host::socketFolder)) {
            source.setSocketFactory(PostgresTcpSockets.class.getName());
            source.setServerNames(hosts.stream().map(Host::name).toArray(String[]::new));
            source.setPortNumbers(hosts.stream().mapToInt(Host::port).toArray());
        } else if (hosts.size() == 1) {
            source.setSocketFactory(PostgresUnixSockets.class.getName());
            source.setSocketFactoryArg(first.name() + "/.s.PGSQL." + first.port());
        } else {
            throw new DatabaseRefusal("PostgreSQL at " + place()
                    + " can't be reached: a folder of Unix sockets in AP_POSTGRES_URL must be the only host, unless"
                    + " target_session_attrs=read-write chooses one");
        }
    }

    private void setParameters(PGSimpleDataSource source) throws SQLException {
        for (var parameter : settings.parameters().entrySet()) {
            var value = parameter.getValue();
            switch (parameter.getKey()) {
                case "connect_timeout" -> {
                    // As in libpq, zero and less mean no limit.
                    source.setConnectTimeout(Math.max(0, Integer.parseInt(value)));
                    source.setSocketTimeout(Math.max(0, Integer.parseInt(value)));
                }
                case "options" -> source.setOptions(value);
                case "target_session_attrs" -> {
                    // Whether a server takes writes we look ourselves: the driver takes one that does not for none.
                    if (!targetServer(value).equals("primary")) {
                        source.setProperty(PGProperty.TARGET_SERVER_TYPE, targetServer(value));
                    }
                }
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
