package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;

/** The open connections of this process. */
sealed interface Connections extends AutoCloseable permits PostgresConnections, SqliteConnections {
    /** Waits for a connection, in turn, and begins a transaction that may write. */
    Borrowed write() throws SQLException;

    /** Waits for a connection and begins a transaction that sees one state of the database and changes nothing. */
    Borrowed read() throws SQLException;

    DedicatedWriter writer(String purpose);

    @Override
    void close();

    /** A connection with an open transaction. Closing gives it back; what is not committed by then is undone. */
    interface Borrowed extends AutoCloseable {
        Connection connection();

        void commit() throws SQLException;

        @Override
        void close();
    }
}
