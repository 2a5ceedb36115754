package millrace.archive;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/** Puts a whole archive into a database and sees that all of it is there. */
final class LoadStore {
    private final Direct direct;
    private final CopyStore database;
    private final SchemaBuilder schema;

    LoadStore(Direct direct) {
        this.direct = direct;
        this.database = CopyStore.of(direct);
        this.schema = new SchemaBuilder(direct);
    }

    /**
     * Makes the schema, loads every row, reads all of them again and compares, and checks the foreign keys. On
     * PostgreSQL within the open transaction.
     *
     * @param days the days of the runs in it
     */
    ArchiveWriter.Contents load(ArchiveReader archive, Collection<LocalDate> days) {
        try {
            schema.create(archive.manifest().schema(), days);
            var keys = openKeys();
            var contents = rows(archive);
            compare(archive.manifest().tables(), contents.tables());
            closeKeys(keys);
            return contents;
        } catch (SQLException e) {
            throw direct.refusal("restoring into", e);
        }
    }

    List<String> openKeys() throws SQLException {
        if (direct.dialect().postgres()) {
            return schema.takeForeignKeys();
        }
        direct.execute("PRAGMA foreign_keys = OFF");
        direct.execute("BEGIN");
        return List.of();
    }

    private void closeKeys(List<String> keys) throws SQLException {
        if (direct.dialect().postgres()) {
            for (var key : keys) {
                direct.execute(key);
            }
            return;
        }
        direct.execute("COMMIT");
        checkKeys();
    }

    /** Only on SQLite: PostgreSQL checks when a key is made. */
    void checkKeys() throws SQLException {
        var broken = database.texts(
                "SELECT \"table\" || ' point at rows of ' || parent FROM pragma_foreign_key_check LIMIT 1");
        if (!broken.isEmpty()) {
            throw new SQLException("rows of " + broken.getFirst() + " that are not there");
        }
    }

    private ArchiveWriter.Contents rows(ArchiveReader archive) throws SQLException {
        var loading = new Loading(database);
        try {
            return archive.readAll(loading);
        } catch (Failed e) {
            throw e.sql;
        } finally {
            loading.close();
        }
    }

    void compare(List<TableShape> tables, List<TableSum.Result> sums) throws SQLException {
        for (int i = 0; i < tables.size(); i++) {
            var found = database.sum(tables.get(i));
            if (!found.equals(sums.get(i))) {
                throw new DatabaseRefusal("the table " + found.table() + " in " + direct.place() + " has "
                        + found.rows() + " rows with checksum " + found.sum() + ", but the source "
                        + sums.get(i).rows() + " with " + sums.get(i).sum() + ": nothing was kept, try again");
            }
        }
    }

    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final SQLException sql;

        Failed(SQLException sql) {
            super(sql);
            this.sql = sql;
        }
    }

    private static final class Loading implements ArchiveReader.Rows {
        private final CopyStore database;
        private CopyStore.@Nullable TableSink sink;

        Loading(CopyStore database) {
            this.database = database;
        }

        @Override
        public void begin(TableShape table) {
            try {
                sink = database.write(table);
            } catch (SQLException e) {
                throw new Failed(e);
            }
        }

        @Override
        public void row(@Nullable Object[] row) {
            try {
                java.util.Objects.requireNonNull(sink).row(row);
            } catch (SQLException e) {
                throw new Failed(e);
            }
        }

        @Override
        public void end() {
            try {
                java.util.Objects.requireNonNull(sink).end();
            } catch (SQLException e) {
                throw new Failed(e);
            }
            close();
        }

        void close() {
            if (sink != null) {
                sink.close();
                sink = null;
            }
        }
    }
}
