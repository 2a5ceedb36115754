package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;

/** Statements on a connection. */
@FunctionalInterface
public interface SqlWork<T> {
    T on(Connection connection) throws SQLException;
}
