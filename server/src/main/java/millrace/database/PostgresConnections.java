package millrace.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pool of a server process and the connections that its writers have for themselves. */
final class PostgresConnections implements Connections {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresConnections.class);

    private static final String JOURNAL = "journal";

    private final PostgresConnector connector;
    private final HikariDataSource pool;

    PostgresConnections(PostgresConnector connector) throws SQLException {
        this.connector = connector;
        this.pool = new HikariDataSource(configuration(connector));
    }

    private static HikariConfig configuration(PostgresConnector connector) throws SQLException {
        var settings = connector.settings();
        var configuration = new HikariConfig();
        configuration.setPoolName("millrace");
        configuration.setDataSource(connector.source("millrace"));
        configuration.setMaximumPoolSize(general(settings.poolSize()));
        configuration.setMinimumIdle(1);
        configuration.setIdleTimeout(settings.idleTimeout().toMillis());
        configuration.setConnectionTimeout(settings.acquireTimeout().toMillis());
        configuration.setAutoCommit(false);
        // Opening the pool waits for nobody: Database.open has said hello already.
        configuration.setInitializationFailTimeout(-1);
        return configuration;
    }

    /**
     * The setting bounds all connections. One hears the notifier, two writers have one each, and the dispatch has one, so
     * that no list can starve its heartbeat; where there are few, there is one writer, and the dispatch shares.
     */
    static int general(int all) {
        return few(all) ? all - 2 : all - 4;
    }

    private static boolean few(int all) {
        return all < 6;
    }

    @Override
    public Borrowed write() throws SQLException {
        return new Pooled(pool.getConnection());
    }

    @Override
    public Borrowed read() throws SQLException {
        var pooled = new Pooled(pool.getConnection());
        try (var statement = pooled.connection().createStatement()) {
            statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
            return pooled;
        } catch (SQLException e) {
            pooled.close();
            throw e;
        }
    }

    @Override
    public DedicatedWriter writer(String purpose) {
        return few(connector.settings().poolSize()) && !purpose.equals(JOURNAL)
                ? new SharedConnection()
                : new OwnConnection(connector, purpose);
    }

    @Override
    public void close() {
        pool.close();
    }

    /** HikariCP undoes what is not committed when the connection comes back. */
    private record Pooled(Connection connection) implements Borrowed {
        @Override
        public void commit() throws SQLException {
            connection.commit();
        }

        @Override
        public void close() {
            quietlyClose(connection);
        }
    }

    /** A connection of the pool for each work. */
    private final class SharedConnection implements DedicatedWriter {
        @Override
        public <T> T write(SqlWork<T> work) throws SQLException {
            try (var connection = pool.getConnection()) {
                connection.setAutoCommit(true);
                return work.on(connection);
            }
        }

        @Override
        public void close() {}
    }

    private static final class OwnConnection implements DedicatedWriter {
        private final Connector connector;
        private final String purpose;
        private @Nullable Connection connection;

        OwnConnection(Connector connector, String purpose) {
            this.connector = connector;
            this.purpose = purpose;
        }

        @Override
        public <T> T write(SqlWork<T> work) throws SQLException {
            var open = connection;
            if (open == null) {
                open = connector.open(purpose);
                connection = open;
            }
            try {
                return work.on(open);
            } catch (SQLException e) {
                if (Failures.away(e)) {
                    close();
                }
                throw e;
            }
        }

        @Override
        public void close() {
            if (connection != null) {
                quietlyClose(connection);
                connection = null;
            }
        }
    }

    /** A connection that can't even be closed is lost already, and its work has been judged before. */
    private static void quietlyClose(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a connection could not be closed: {}", e.getMessage());
        }
    }
}
