package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one process at a time change the schema, and begins and ends the transactions of change sets.
 *
 * <p>On PostgreSQL an advisory lock in an open transaction of a connection of its own: it ends when its process ends,
 * however that happens, so nobody ever unlocks by hand. On SQLite the server's file lock and exclusive transactions
 * do.
 */
final class MigrationLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationLock.class);

    /** Any number, but the same in every version. */
    static final long KEY = 0x6d696c6c72616365L;

    /** So that a long statement ends with its process, and its locks with it. */
    static final String ALIVE = "client_connection_check_interval = '2s'";

    private final @org.jspecify.annotations.Nullable Connection holder;

    private MigrationLock(@org.jspecify.annotations.Nullable Connection holder) {
        this.holder = holder;
    }

    static MigrationLock take(Connector connector) throws SQLException {
        if (!connector.dialect().postgres()) {
            return new MigrationLock(null);
        }
        var holder = connector.open("migration lock");
        try (var statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
            statement.execute("SET LOCAL statement_timeout = 0");
            statement.execute("SET LOCAL " + ALIVE);
            // A machine that is gone says nothing: its lock is free half a minute later.
            statement.execute("SET LOCAL tcp_keepalives_idle = 10");
            statement.execute("SET LOCAL tcp_keepalives_interval = 5");
            statement.execute("SET LOCAL tcp_keepalives_count = 3");
            try (var free = statement.executeQuery("SELECT pg_try_advisory_xact_lock(" + KEY + ")")) {
                free.next();
                if (!free.getBoolean(1)) {
                    LOG.info("another process changes the schema: waiting for it");
                    statement.execute("SELECT pg_advisory_xact_lock(" + KEY + ")");
                }
            }
            // The last statement keeps its snapshot, for which a concurrent index build would wait; this one has none.
            statement.execute("SET LOCAL statement_timeout = 0");
            return new MigrationLock(holder);
        } catch (SQLException e) {
            holder.close();
            throw e;
        }
    }

    static void begin(Connection connection, Dialect dialect) throws SQLException {
        if (dialect.postgres()) {
            execute(connection, "BEGIN");
            execute(connection, "SET LOCAL lock_timeout = '1s'");
            execute(connection, "SET LOCAL " + ALIVE);
        } else {
            // The documented way to rebuild a table that others point at; what it leaves is checked before the commit.
            execute(connection, "PRAGMA foreign_keys = OFF");
            execute(connection, "BEGIN EXCLUSIVE");
        }
    }

    static void commit(Connection connection, Dialect dialect) throws SQLException {
        if (!dialect.postgres()) {
            try (var statement = connection.createStatement();
                    var broken = statement.executeQuery("PRAGMA foreign_key_check")) {
                if (broken.next()) {
                    throw new SQLException("rows of " + broken.getString(1) + " point at rows of " + broken.getString(3)
                            + " that are not there");
                }
            }
        }
        execute(connection, "COMMIT");
    }

    static void undo(Connection connection) {
        try {
            execute(connection, "ROLLBACK");
        } catch (SQLException e) {
            // Without a connection or an open transaction there is nothing to undo.
            LOG.debug("nothing to roll back: {}", e.getMessage());
        }
    }

    @Override
    public void close() throws SQLException {
        if (holder != null) {
            holder.close();
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
