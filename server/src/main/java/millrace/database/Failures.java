package millrace.database;

import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import javax.net.ssl.SSLException;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What a failure of the database means: told by SQLSTATE on PostgreSQL, by result code on SQLite. */
final class Failures {
    private Failures() {}

    /** The same transaction, begun anew, may pass: serialisation failure, deadlock, SQLite busy. */
    static boolean passesOnRetry(@Nullable SQLException e) {
        return e != null && (hasState(e, "40001") || hasState(e, "40P01") || isSqlite(e, SQLiteErrorCode.SQLITE_BUSY));
    }

    /** A lock was not had in time. */
    static boolean lockTimeout(SQLException e) {
        return hasState(e, "55P03") || passesOnRetry(e);
    }

    static boolean duplicate(@Nullable SQLException e) {
        return e != null
                && (hasState(e, "23505")
                        || isSqlite(e, SQLiteErrorCode.SQLITE_CONSTRAINT_UNIQUE)
                        || isSqlite(e, SQLiteErrorCode.SQLITE_CONSTRAINT_PRIMARYKEY));
    }

    static boolean tableMissing(@Nullable SQLException e) {
        return e != null
                && (hasState(e, "42P01")
                        || (isSqlite(e, SQLiteErrorCode.SQLITE_ERROR)
                                && String.valueOf(e.getMessage()).contains("no such table")));
    }

    /** The role may not create in the schema, or there is none to create in. */
    static boolean mayNotCreate(SQLException e) {
        return hasState(e, "42501") || hasState(e, "3F000");
    }

    /**
     * The database is away and may come back: connection failures, shutdown and start, too many connections, no
     * connection free in time, read-only after a failover, no space.
     */
    static boolean away(@Nullable SQLException e) {
        if (e == null) {
            return false;
        }
        var state = String.valueOf(e.getSQLState());
        return e instanceof SQLTransientConnectionException
                || lost(e)
                || readOnly(e)
                || noSpace(e)
                || isSqlite(e, SQLiteErrorCode.SQLITE_IOERR)
                || state.startsWith("53")
                || state.equals("58030");
    }

    /** The connection is of no more use; what was sent on it last may have been done. */
    static boolean lost(SQLException e) {
        var state = String.valueOf(e.getSQLState());
        return state.startsWith("08")
                || state.startsWith("57P0")
                // The server has ended the connection of a transaction that stood still.
                || state.equals("25P03");
    }

    /** The server takes no writes: it is a standby, or becomes one. */
    static boolean readOnly(SQLException e) {
        return hasState(e, "25006") || (hasState(e, "0A000") && inRecovery(String.valueOf(e.getMessage())));
    }

    private static boolean inRecovery(String message) {
        return message.contains("recovery") || message.contains("standby");
    }

    static boolean noSpace(SQLException e) {
        return hasState(e, "53100") || isSqlite(e, SQLiteErrorCode.SQLITE_FULL);
    }

    /** Somebody, ourselves among them, has canceled the statement: the next attempt may pass. */
    static boolean canceled(SQLException e) {
        return hasState(e, "57014");
    }

    /** Connecting may work a little later; a refusal of the server (08004) or of its certificate stands. */
    static boolean mayComeBack(SQLException e) {
        return away(e) && !hasState(e, "08004") && !readOnly(e) && !refusedTls(e);
    }

    /** One side does not trust the other, or a key can't be read. */
    static boolean refusedTls(SQLException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof GeneralSecurityException
                    || (cause instanceof SSLException
                            && String.valueOf(cause.getMessage()).contains("alert"))) {
                return true;
            }
        }
        return false;
    }

    static String firstLine(SQLException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    /** What callers see while the database is away. */
    static MillraceException unavailable(Throwable cause) {
        var unavailable = MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE);
        unavailable.initCause(cause);
        return unavailable;
    }

    static @Nullable SQLException sqlCause(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    private static boolean hasState(SQLException e, String state) {
        return state.equals(e.getSQLState());
    }

    private static boolean isSqlite(SQLException e, SQLiteErrorCode code) {
        // The low byte is the primary code: SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY.
        return e instanceof SQLiteException sqlite
                && (sqlite.getResultCode() == code
                        || (code.code < 256 && (sqlite.getResultCode().code & 0xff) == code.code));
    }
}
