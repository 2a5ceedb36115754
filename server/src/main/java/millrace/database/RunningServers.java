package millrace.database;

import static millrace.schema.Tables.PROCESS;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jooq.exception.DataAccessException;

/** Servers on the database that have shown a sign of life lately. On SQLite the file lock has refused them before. */
final class RunningServers {
    /** Longer than any pause between two heartbeats. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private RunningServers() {}

    static void refuse(Database database) {
        if (count(database) > 0) {
            throw running(database.place());
        }
    }

    /** The same through a connection to PostgreSQL that has the table. */
    static void refuse(Connection connection, String place) throws SQLException {
        try (var statement = connection.createStatement();
                var alive = statement.executeQuery("SELECT count(*) FROM process WHERE heartbeat > now() - "
                        + SILENCE.toSeconds() + " * interval '1 second'")) {
            alive.next();
            if (alive.getInt(1) > 0) {
                throw running(place);
            }
        }
    }

    private static DatabaseRefusal running(String place) {
        return new DatabaseRefusal("a server runs on the database " + place
                + ": stop it first (one that was killed counts for " + SILENCE.toSeconds() + " s more)");
    }

    private static int count(Database database) {
        try {
            return database.read(tx -> tx.sql()
                    .fetchCount(PROCESS, PROCESS.HEARTBEAT.gt(tx.dialect().nowPlus(SILENCE.negated()))));
        } catch (DataAccessException e) {
            if (Failures.tableMissing(Failures.sqlCause(e))) {
                return 0;
            }
            throw e;
        }
    }
}
