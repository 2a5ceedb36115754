package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import millrace.access.Patience;
import millrace.config.DatabaseSettings;
import org.jooq.Configuration;
import org.jooq.exception.DataAccessException;

/**
 * A standby that answers lists when it has all that was committed before they were asked for. One that is away, silent,
 * too far behind, or no standby at all costs a moment and is never an error: the primary answers instead. Safe for all
 * threads.
 */
final class Replica implements AutoCloseable {
    /** Longer than it lags mostly, and shorter than anybody notices. */
    private static final Duration CATCH_UP = Duration.ofMillis(50);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(2);
    private static final Duration WATCH = Duration.ofSeconds(5);

    private final PostgresConnector connector;
    private final Configuration configuration;
    private final Reach reach;
    private final PostgresPool pool;
    private final Thread watch;

    Replica(DatabaseSettings.Postgres settings) {
        this.connector = new PostgresConnector(settings);
        this.configuration = Database.configuration(connector.dialect());
        this.reach = new Reach(connector.place(), "lists are read from the primary meanwhile");
        this.pool = new PostgresPool(
                connector,
                PostgresConnections.general(settings.poolSize()),
                reach,
                new Parking(),
                () -> opened(connector.open("lists")));
        this.watch = Thread.ofVirtual().name("replica-watch").start(this::watch);
    }

    private static Connection opened(Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, (int) LONGEST.toMillis());
        return connection;
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(WATCH);
                pool.closeIdle(connector.settings().idleTimeout());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Does the work on the replica.
     *
     * @param position of the primary's log: what was committed up to there is seen
     * @return empty when the replica could not
     */
    <T> Optional<T> read(String position, Function<Tx, T> work) {
        if (reach.away()) {
            return Optional.empty();
        }
        try {
            var pooled = pool.take(new Patience(PATIENCE));
            try {
                var result = on(pooled.connection(), position, work);
                reach.answered();
                return result;
            } catch (SQLException e) {
                pooled.spoil();
                if (Failures.away(e)) {
                    reach.failed(e);
                    // None is kept that nobody would try again: one that opens says that it is back.
                    pool.lost();
                }
                return Optional.empty();
            } catch (RuntimeException e) {
                // What is wrong with the work itself, the primary tells.
                pooled.spoil();
                return Optional.empty();
            } finally {
                pooled.giveBack();
            }
        } catch (SQLException none) {
            return Optional.empty();
        }
    }

    private <T> Optional<T> on(Connection connection, String position, Function<Tx, T> work) throws SQLException {
        if (!has(connection, position)) {
            return Optional.empty();
        }
        try (var statement = connection.createStatement()) {
            statement.execute(PostgresConnections.READING);
            return Optional.of(work.apply(new Tx(connection, connector.dialect(), configuration)));
        } catch (DataAccessException e) {
            var cause = Failures.sqlCause(e);
            throw cause == null ? new SQLException(e) : cause;
        } finally {
            connection.rollback();
        }
    }

    /** Each look is a transaction of its own, which ends before the list's begins. */
    private static boolean has(Connection connection, String position) throws SQLException {
        var deadline = System.nanoTime() + CATCH_UP.toNanos();
        while (true) {
            try (var statement = connection.prepareStatement(
                    "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= ?::pg_lsn")) {
                statement.setString(1, position);
                try (var row = statement.executeQuery()) {
                    if (row.next() && row.getBoolean(1)) {
                        return true;
                    }
                }
            } finally {
                connection.rollback();
            }
            if (System.nanoTime() > deadline) {
                return false;
            }
            try {
                Thread.sleep(LOOK_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    @Override
    public void close() {
        watch.interrupt();
        pool.close();
    }
}
