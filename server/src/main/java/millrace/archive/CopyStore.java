package millrace.archive;

import java.sql.SQLException;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import millrace.database.Direct;
import millrace.database.Partitions;
import millrace.database.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/** Reads and writes whole tables in the fastest way that their database has. Used by one thread. */
sealed interface CopyStore permits PostgresCopyStore, SqliteCopyStore {
    static CopyStore of(Direct direct) {
        return direct.dialect().postgres() ? new PostgresCopyStore(direct) : new SqliteCopyStore(direct);
    }

    /** Takes a row; whoever gives it may use the array again. */
    interface RowSink {
        void row(@Nullable Object[] row) throws SQLException;
    }

    /** A sink that has to be told when it has all rows. */
    interface TableSink extends RowSink, AutoCloseable {
        void end() throws SQLException;

        /** Gives up what was not ended. */
        @Override
        void close();
    }

    /** From now on every read sees the database as it is now. */
    void snapshot() throws SQLException;

    /** The tables of ours, in the order in which they were made. */
    List<TableShape> tables() throws SQLException;

    /** @param ordered whether by primary key, so that the same rows come in the same order */
    void read(TableShape table, boolean ordered, RowSink sink) throws SQLException;

    TableSink write(TableShape table) throws SQLException;

    /** One text for each row. */
    List<String> texts(String sql) throws SQLException;

    /** The days to which stored runs belong, by their ids. */
    default TreeSet<java.time.LocalDate> days() throws SQLException {
        return texts("SELECT DISTINCT substr(id, 1, 5) FROM flow_run").stream()
                .flatMap(prefix -> Partitions.dayOf(prefix).stream())
                .collect(Collectors.toCollection(TreeSet<java.time.LocalDate>::new));
    }

    default TableSum.Result sum(TableShape table) throws SQLException {
        var sum = new TableSum(table);
        read(table, false, sum::add);
        return sum.result();
    }

    /** The fingerprint of the key that the secrets in it need; null when none was used. */
    default @Nullable String keyFingerprint() throws SQLException {
        var kept = texts("SELECT value FROM flag WHERE id = 'ENCRYPTION_KEY_FINGERPRINT'");
        return kept.isEmpty()
                ? null
                : millrace.engine.Json.read(RowBuffer.utf8(kept.getFirst())).asText();
    }

    /** @throws SQLException naming what the target lacks */
    static void fits(TableShape table, List<String> columns) throws SQLException {
        for (var column : table.columnNames()) {
            if (!columns.contains(column)) {
                throw new SQLException("the table " + table.name() + " has no column " + column
                        + ": the schema of this program (" + SchemaBuilder.newest() + ") is not the source's");
            }
        }
    }

    static String quoted(List<String> names) {
        return names.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
    }
}
