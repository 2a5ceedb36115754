package millrace.database;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/**
 * The run tables through a connection that no request can starve. Used by one thread. Each method is one transaction
 * and throws {@link WriteFailed} when the database does not take it; after a lost connection the outcome is unknown, and
 * doing the same again is safe.
 */
public final class RunSession implements AutoCloseable {
    private final RunTables tables;
    private final DedicatedWriter writer;

    /** @param writer closed with the session */
    public RunSession(RunTables tables, DedicatedWriter writer) {
        this.tables = tables;
        this.writer = writer;
    }

    /** @see RunTables#flush */
    public boolean flush(Lane lane, long number, List<RunFlush> batch) {
        return write(connection -> tables.flush(connection, lane, number, batch));
    }

    /** @see RunTables#register */
    public void register(String processId, String name, int lanes) {
        write(connection -> {
            tables.register(connection, processId, name, lanes);
            return true;
        });
    }

    /** @see RunTables#heartbeat */
    public boolean heartbeat(String processId) {
        return write(connection -> tables.heartbeat(connection, processId));
    }

    /** @see RunTables#release */
    public void release(String processId) {
        write(connection -> {
            tables.release(connection, processId);
            return true;
        });
    }

    /** @see RunTables#takeOver */
    public int takeOver(Duration lease, String except) {
        return write(connection -> tables.takeOver(connection, lease, except));
    }

    /** @see RunTables#claim */
    public List<RunTables.Claimed> claim(Lane lane, int limit, RunTables.Turn turn) {
        return write(connection -> tables.claim(connection, lane, limit, turn));
    }

    /** @see RunTables#raise */
    public OptionalLong raise(Lane lane) {
        return write(connection -> tables.raise(connection, lane));
    }

    /** @see RunTables#unclaim */
    public int unclaim(Lane lane, Collection<String> known) {
        return write(connection -> tables.unclaim(connection, lane, known));
    }

    private <T> T write(SqlWork<T> work) {
        try {
            return writer.write(work);
        } catch (SQLException e) {
            var passing = Failures.away(e) || Failures.passesOnRetry(e) || Failures.canceled(e);
            throw new WriteFailed(e, passing, Failures.lost(e) && !(e instanceof NotConnected));
        }
    }

    @Override
    public void close() {
        writer.close();
    }
}
