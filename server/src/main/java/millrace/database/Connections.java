package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import millrace.access.Patience;

/** The open connections of this process. */
sealed interface Connections extends AutoCloseable permits PostgresConnections, SqliteConnections {
    /** Waits for a connection, in turn, and begins a transaction that may write. */
    Borrowed write(Patience patience) throws SQLException;

    /** Waits for a connection and begins a transaction that sees one state of the database and changes nothing. */
    Borrowed read(Patience patience) throws SQLException;

    /** Asks the smallest question, on a connection that requests can't starve where there is room for one. */
    boolean answers(Patience patience) throws SQLException;

    /** What became of a transaction whose connection was lost while it was committed. */
    boolean committed(CommitUnknown unknown, Patience patience) throws SQLException;

    DedicatedWriter writer(String purpose);

    /**
     * A connection for one long work, which counts among those of this process.
     *
     * @throws DatabaseRefusal when there would be none left for requests
     */
    Direct direct(String purpose) throws SQLException;

    @Override
    void close();

    /** A connection with an open transaction. Closing gives it back; what is not committed by then is undone. */
    interface Borrowed extends AutoCloseable {
        Connection connection();

        /** @throws CommitUnknown when the connection was lost before the answer */
        void commit() throws SQLException;

        /** The work failed: a connection that is of no more use is not given to anybody else. */
        void failed(SQLException e);

        @Override
        void close();
    }
}
