package millrace.archive;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import millrace.archive.Origin.State;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Copies a database into an empty one in batches, each a transaction of the target that also says how far it came. So
 * one that is interrupted goes on where it was: rows come in the order of their primary key.
 */
final class MoveStore {
    private static final int BATCH = 20_000;

    private final Direct source;
    private final Direct target;
    private final CopyStore from;
    private final CopyStore to;
    private final SchemaBuilder schema;
    private final Move.Progress progress;

    MoveStore(Direct source, Direct target, Move.Progress progress) {
        this.source = source;
        this.target = target;
        this.from = CopyStore.of(source);
        this.to = CopyStore.of(target);
        this.schema = new SchemaBuilder(target);
        this.progress = progress;
    }

    Move.Moved move() {
        try {
            var applied = DumpStore.schema(source);
            from.snapshot();
            var tables = from.tables().stream()
                    .filter(table -> !DumpStore.LEFT_OUT.contains(table.name()))
                    .toList();
            return into(applied, tables);
        } catch (SQLException e) {
            throw source.refusal("reading", e);
        }
    }

    private Move.Moved into(List<String> applied, List<TableShape> tables) {
        try {
            boolean goesOn = schema.unfinished();
            if (goesOn) {
                checkSame(applied);
            } else {
                begin(applied);
            }
            var done = done();
            var sums = new ArrayList<TableSum.Result>();
            for (var table : tables) {
                sums.add(copy(table, done.getOrDefault(table.name(), 0L)));
            }
            for (int i = 0; i < tables.size(); i++) {
                compare(sums.get(i), to.sum(tables.get(i)));
            }
            finish();
            return new Move.Moved(
                    source.place(),
                    target.place(),
                    tables.size(),
                    sums.stream().mapToLong(TableSum.Result::rows).sum(),
                    goesOn);
        } catch (SQLException e) {
            throw target.refusal("moving into", e);
        }
    }

    private void checkSame(List<String> applied) throws SQLException {
        if (!schema.applied().containsAll(applied)) {
            throw new DatabaseRefusal("the database " + target.place()
                    + " is the unfinished target of a move from another schema: drop its tables and begin anew");
        }
    }

    /** The mark that keeps servers away comes with the first table. */
    private void begin(List<String> applied) throws SQLException {
        if (schema.present()) {
            throw new DatabaseRefusal("the database " + target.place()
                    + " holds tables of Millrace already: the target of a move must be empty");
        }
        target.execute("BEGIN");
        schema.markUnfinished();
        target.execute(
                "CREATE TABLE move_progress (name text NOT NULL PRIMARY KEY, rows bigint NOT NULL, statement text)");
        schema.create(applied, from.days());
        if (target.dialect().postgres()) {
            int number = 0;
            for (var key : schema.takeForeignKeys()) {
                note("key %03d".formatted(number++), 0, key);
            }
        }
        target.execute("COMMIT");
    }

    private void note(String name, long rows, @Nullable String text) throws SQLException {
        try (var statement = target.connection()
                .prepareStatement("INSERT INTO move_progress (name, rows, statement) VALUES (?, ?, ?)"
                        + " ON CONFLICT (name) DO UPDATE SET rows = excluded.rows")) {
            statement.setString(1, name);
            statement.setLong(2, rows);
            statement.setString(3, text);
            statement.executeUpdate();
        }
    }

    private Map<String, Long> done() throws SQLException {
        var done = new HashMap<String, Long>();
        for (var line : to.texts("SELECT rows || ' ' || name FROM move_progress WHERE statement IS NULL")) {
            int blank = line.indexOf(' ');
            done.put(line.substring(blank + 1), Long.valueOf(line.substring(0, blank)));
        }
        return done;
    }

    private TableSum.Result copy(TableShape table, long done) throws SQLException {
        long all = Long.parseLong(
                from.texts("SELECT count(*) FROM \"" + table.name() + "\"").getFirst());
        var sum = new TableSum(table);
        if (!target.dialect().postgres()) {
            target.execute("PRAGMA foreign_keys = OFF");
        }
        try (var batches = new Batches(table, all, done)) {
            from.read(table, true, row -> {
                sum.add(row);
                batches.row(row);
            });
            batches.commit();
        }
        return sum.result();
    }

    /** Cuts the rows of one table into transactions. */
    private final class Batches implements AutoCloseable {
        private final TableShape table;
        private final long all;
        private final long skip;
        private long rows;
        private int inBatch;
        private CopyStore.@Nullable TableSink sink;

        Batches(TableShape table, long all, long skip) {
            this.table = table;
            this.all = all;
            this.skip = skip;
        }

        void row(@Nullable Object[] row) throws SQLException {
            rows++;
            if (rows <= skip) {
                return;
            }
            var open = sink;
            if (open == null) {
                target.execute("BEGIN");
                open = to.write(table);
                sink = open;
            }
            open.row(row);
            if (++inBatch == BATCH) {
                commit();
            }
        }

        void commit() throws SQLException {
            if (sink != null) {
                sink.end();
                sink.close();
                sink = null;
                inBatch = 0;
                note(table.name(), rows, null);
                target.execute("COMMIT");
            }
            progress.copied(table.name(), rows, all);
        }

        @Override
        public void close() {
            if (sink != null) {
                sink.close();
            }
        }
    }

    private void compare(TableSum.Result said, TableSum.Result found) {
        if (!said.equals(found)) {
            throw new DatabaseRefusal("the table " + said.table() + " has " + said.rows() + " rows with checksum "
                    + said.sum() + " in " + source.place() + ", but " + found.rows() + " with " + found.sum() + " in "
                    + target.place() + ": the source has changed since the move began; drop the target's tables and"
                    + " begin anew");
        }
    }

    private void finish() throws SQLException {
        target.execute("BEGIN");
        for (var key : to.texts("SELECT statement FROM move_progress WHERE statement IS NOT NULL ORDER BY name")) {
            target.execute(key);
        }
        if (!target.dialect().postgres()) {
            new LoadStore(target).checkKeys();
        }
        var origins = new OriginStore();
        var tx = target.tx();
        origins.freeRuns(tx);
        if (OriginStore.present(target)) {
            var origin = origins.find(tx).orElse(new Origin(State.OWN, null, null, null));
            // Where nobody has looked since it was restored, its runs are not held yet: who looks first there holds
            // them.
            if (origin.state() == State.OWN || origin.identity() != null) {
                origins.save(tx, new Origin(origin.state(), origin.reason(), origins.identity(tx), null));
            }
        }
        target.execute("DROP TABLE move_progress");
        schema.markFinished();
        target.execute("COMMIT");
        if (target.dialect().postgres()) {
            target.execute("ANALYZE");
        } else {
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}
