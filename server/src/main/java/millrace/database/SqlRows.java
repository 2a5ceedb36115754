package millrace.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What both databases read alike from the tables of runs. */
final class SqlRows {
    private SqlRows() {}

    /** The columns of a claim, in its order: id, projectId, created, flowId … takeovers, takeoverPath, waitpointId, due. */
    static RunTables.Claimed claimed(ResultSet rows, Lane lane, Instant created, @Nullable Instant started)
            throws SQLException {
        var row = new RunFlush.QueueRow(
                created,
                rows.getString(4),
                rows.getString(5),
                rows.getString(6),
                rows.getInt(7),
                lane,
                started,
                rows.getString(9),
                rows.getBoolean(10),
                rows.getString(11),
                rows.getString(12),
                rows.getString(13),
                rows.getBoolean(14),
                rows.getBytes(15));
        return new RunTables.Claimed(
                rows.getString(1),
                rows.getString(2),
                row,
                rows.getInt(16),
                rows.getString(17),
                rows.getString(18),
                rows.getBoolean(19),
                List.of(),
                0);
    }

    /**
     * Adds what each claimed run has journalled.
     *
     * @param begun whether a run has journalled anything; the others are not asked for
     */
    static List<RunTables.Claimed> withJournals(
            Connection connection, List<RunTables.Claimed> claimed, Predicate<String> begun) throws SQLException {
        if (claimed.isEmpty()) {
            return claimed;
        }
        var complete = new ArrayList<RunTables.Claimed>(claimed.size());
        try (var statement = connection.prepareStatement(
                        "SELECT seq, doc FROM run_journal WHERE \"runId\" = ? ORDER BY seq LIMIT ?");
                var last = connection.prepareStatement("SELECT max(seq) FROM run_journal WHERE \"runId\" = ?")) {
            for (var run : claimed) {
                if (!begun.test(run.runId())) {
                    complete.add(run);
                    continue;
                }
                statement.setString(1, run.runId());
                statement.setInt(2, RunTables.Claimed.AT_ONCE);
                var documents = new ArrayList<byte[]>();
                int next = 0;
                try (var rows = statement.executeQuery()) {
                    while (rows.next()) {
                        next = rows.getInt(1) + 1;
                        documents.add(rows.getBytes(2));
                    }
                }
                if (documents.size() == RunTables.Claimed.AT_ONCE) {
                    next = next(last, run.runId());
                }
                complete.add(new RunTables.Claimed(
                        run.runId(),
                        run.projectId(),
                        run.row(),
                        run.takeovers(),
                        run.takeoverPath(),
                        run.waitpointId(),
                        run.due(),
                        documents,
                        next));
            }
        }
        return complete;
    }

    private static int next(PreparedStatement last, String runId) throws SQLException {
        last.setString(1, runId);
        try (var rows = last.executeQuery()) {
            rows.next();
            return rows.getInt(1) + 1;
        }
    }

    static int execute(Connection connection, String sql, @Nullable Object... values) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            set(statement, values);
            return statement.executeUpdate();
        }
    }

    static void set(PreparedStatement statement, @Nullable Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }
}
