package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The statements on the tables that every run writes: queue, journal, runs, processes and lanes. One class a database;
 * one suite of tests runs on both.
 *
 * <p>All moments that processes compare (heartbeats, leases) are the database's own {@code now()}.
 */
public interface RunTables {

    static RunTables of(Dialect dialect) {
        return dialect.postgres() ? new PostgresRunTables(dialect) : new SqliteRunTables(dialect);
    }

    /** How many timers that are due join those that are ready at once: bounds how long their rows are locked. */
    int MOST_RUNG = 5_000;

    /**
     * Commits the flushes under the lane's fence, in one statement (PostgreSQL) or one transaction (SQLite).
     *
     * @param number of the commit, another one for each attempt; {@link #raise} tells which was the last that was made
     * @param batch at most one flush a run
     * @return false when the lane's epoch has passed: nothing was written, and nothing of this lane ever will be
     */
    boolean flush(Connection connection, Lane lane, long number, List<RunFlush> batch) throws SQLException;

    /** Makes the process and its lanes known; each lane starts in epoch 1. */
    void register(Connection connection, String processId, String name, int lanes) throws SQLException;

    /** Renews the lease. False when another process has declared this one dead. */
    boolean heartbeat(Connection connection, String processId) throws SQLException;

    /** Ends the process's lease: its lanes are fenced and its runs are free for others. */
    void release(Connection connection, String processId) throws SQLException;

    /**
     * Declares processes dead whose last heartbeat is older than {@code lease}, fences their lanes and frees their
     * runs, counting a takeover for each.
     *
     * @param except the caller's own process
     * @return how many runs were freed
     */
    int takeOver(Connection connection, Duration lease, String except) throws SQLException;

    /**
     * Gives up to {@code limit} runs to the lane: of those that are paused and due at most half, longest due first, then
     * those that are ready. When more are due than that, the next {@link #MOST_RUNG} of them become ready. Projects take
     * turns, beginning behind the one of the last turn: each gets an equal share, of which its most urgent and oldest
     * runs make use; what a project leaves of its share is for the next claim. Runs whose caller waits at another
     * process are left to it.
     *
     * @return in the order of turns: the project of the last one had its turn last
     */
    List<Claimed> claim(Connection connection, Lane lane, int limit, Turn turn) throws SQLException;

    /**
     * Whose turn it is.
     *
     * @param after the id of the project that had its turn last; empty at first
     * @param perProject how many production runs a project may have at once, in all processes together, unless its
     *     {@code maxConcurrentJobs} says another number; 0 when nobody counts
     */
    record Turn(String after, int perProject) {}

    /**
     * Takes the lane into its next epoch, so that statements of this one whose outcome is unknown are either done or
     * will never be: a connection that was given up may still deliver them. Doing it again changes nothing.
     *
     * @return the number of the last flush of the lane that was committed, 0 before the first; empty when the lane has
     *     been taken away
     */
    default OptionalLong raise(Connection connection, Lane lane) throws SQLException {
        try (var statement = connection.prepareStatement("UPDATE lane SET epoch = ?"
                + " WHERE \"processId\" = ? AND lane = ? AND epoch IN (?, ?) RETURNING \"lastFlush\"")) {
            SqlRows.set(
                    statement,
                    lane.next().epoch(),
                    lane.processId(),
                    lane.number(),
                    lane.epoch(),
                    lane.next().epoch());
            try (var rows = statement.executeQuery()) {
                return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
            }
        }
    }

    /**
     * Frees the runs that were claimed for the lane without the process's knowledge: the answer to its claim was lost.
     *
     * @param known the runs of the lane that the process works on
     * @return how many were freed; none when the lane's epoch has passed
     */
    int unclaim(Connection connection, Lane lane, Collection<String> known) throws SQLException;

    /**
     * A run that this process owns from now on.
     *
     * @param waitpointId where the run waited, if it was paused
     * @param due whether the time of its pause has come
     * @param journal the first packed documents that the run has written, in order, at most {@link #AT_ONCE}: a long
     *     run's are read as they are needed
     * @param nextSeq how many it has written
     */
    record Claimed(
            String runId,
            String projectId,
            RunFlush.QueueRow row,
            int takeovers,
            @Nullable String takeoverPath,
            @Nullable String waitpointId,
            boolean due,
            List<byte[]> journal,
            int nextSeq) {
        public static final int AT_ONCE = 16;
    }

    /** The database's clock. */
    Instant now(Connection connection) throws SQLException;
}
