package millrace.database;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jooq.exception.DataAccessException;
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
     * connection free in time, read-only after a failover, disk full.
     */
    static boolean away(@Nullable SQLException e) {
        if (e == null) {
            return false;
        }
        var state = e.getSQLState();
        return e instanceof SQLTransientConnectionException
                || isSqlite(e, SQLiteErrorCode.SQLITE_FULL)
                || isSqlite(e, SQLiteErrorCode.SQLITE_IOERR)
                || (state != null
                        && (state.startsWith("08")
                                || state.startsWith("57P0")
                                || state.equals("53300")
                                || state.equals("53100")
                                || state.equals("25006")));
    }

    /** Connecting may work a little later; a refusal of the server (08004, for example of TLS) stands. */
    static boolean mayComeBack(SQLException e) {
        return away(e) && !hasState(e, "08004") && !hasState(e, "25006");
    }

    /** What callers see: DATABASE_UNAVAILABLE while the database is away, otherwise the failure as it came. */
    static RuntimeException seen(RuntimeException e) {
        return away(sqlCause(e)) ? unavailable(e) : e;
    }

    static RuntimeException seen(SQLException e) {
        return away(e) ? unavailable(e) : new DataAccessException(String.valueOf(e.getMessage()), e);
    }

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
