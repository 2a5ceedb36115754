package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import millrace.database.PrimaryHosts.Primary;
import org.jooq.exception.DataAccessException;
import org.jspecify.annotations.Nullable;

/**
 * Each promotion of a standby begins a new timeline. Whoever listens is called on the first connection to it, and nobody
 * gets a connection to the new primary before that has been committed. Safe for all threads.
 */
final class Promotions {
    /** Openings wait for each other here: a server that falls silent meanwhile must not stop them for ever. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private @Nullable Consumer<Tx> listener;
    private long known;

    synchronized void listen(Consumer<Tx> who) {
        listener = who;
        known = 0;
    }

    synchronized void before(Primary primary) throws SQLException {
        var who = listener;
        if (who == null || primary.timeline() == known || primary.timeline() == 0) {
            return;
        }
        tell(who, primary.connection());
        known = primary.timeline();
    }

    private static void tell(Consumer<Tx> who, Connection connection) throws SQLException {
        var dialect = new PostgresDialect();
        connection.setNetworkTimeout(Runnable::run, (int) LONGEST.toMillis());
        connection.setAutoCommit(false);
        try {
            var tx = new Tx(connection, dialect, Database.configuration(dialect));
            who.accept(tx);
            connection.commit();
            tx.committed();
        } catch (DataAccessException e) {
            var cause = Failures.sqlCause(e);
            throw cause == null ? new SQLException(e) : cause;
        }
        connection.setAutoCommit(true);
        connection.setNetworkTimeout(Runnable::run, 0);
    }
}
