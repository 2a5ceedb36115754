package millrace.database;

import java.sql.SQLException;

/**
 * A way to write that no request can starve, for the journal's writers. Used by one thread.
 *
 * <p>On PostgreSQL a connection of its own in autocommit mode: the work should be one statement. It is opened with the
 * first work and anew after one that lost it; where few are allowed, only the journal has its own, and others take one of
 * the pool each time. On SQLite the process's one writer connection, in turn with everybody, and the work is one
 * transaction.
 */
public interface DedicatedWriter extends AutoCloseable {
    /** Runs the work and commits. After an exception of SQLSTATE class 08 the outcome is unknown. */
    <T> T write(SqlWork<T> work) throws SQLException;

    @Override
    void close();
}
