package millrace.database;

import static millrace.schema.Tables.PROCESS;

import java.time.Duration;
import org.jooq.exception.DataAccessException;

/** Servers on the database that have shown a sign of life lately. On SQLite the file lock has refused them before. */
final class RunningServers {
    /** Longer than any pause between two heartbeats. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private RunningServers() {}

    static void refuse(Database database) {
        if (count(database) > 0) {
            throw new DatabaseRefusal("a server runs on the database " + database.place()
                    + ": stop it first (one that was killed counts for " + SILENCE.toSeconds() + " s more)");
        }
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
