package millrace.archive;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import millrace.archive.TableShape.Column;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;
import millrace.schema.JsonbBinding;
import org.jooq.Field;
import org.jspecify.annotations.Nullable;

/** By prepared statements. SQLite knows four types: which ones ours are is told by the generated classes. */
final class SqliteCopyStore implements CopyStore {
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Direct direct;

    SqliteCopyStore(Direct direct) {
        this.direct = direct;
    }

    /** In WAL mode a read transaction sees one state and stops nobody; it begins with its first read. */
    @Override
    public void snapshot() throws SQLException {
        direct.execute("BEGIN");
        texts("SELECT count(*) FROM sqlite_master");
    }

    @Override
    public List<TableShape> tables() throws SQLException {
        var shapes = new ArrayList<TableShape>();
        for (var table : new SchemaBuilder(direct).tables()) {
            var made = SchemaBuilder.schema().getTable(table);
            // A table that a later change set drops has no class any more.
            var fields = (made == null ? Stream.<Field<?>>of() : made.fieldStream())
                    .collect(Collectors.toMap(Field::getName, SqliteCopyStore::type));
            var columns = new ArrayList<Column>();
            for (var declared :
                    texts("SELECT name || ' ' || type FROM pragma_table_info('" + table + "') ORDER BY cid")) {
                int blank = declared.lastIndexOf(' ');
                var name = declared.substring(0, blank);
                var known = fields.get(name);
                columns.add(new Column(name, known == null ? type(declared.substring(blank + 1)) : known));
            }
            shapes.add(new TableShape(
                    table,
                    texts("SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY pk"),
                    columns));
        }
        return shapes;
    }

    private static ColumnType type(Field<?> field) {
        var type = field.getType();
        if (type == Boolean.class) {
            return ColumnType.BOOLEAN;
        } else if (type == Instant.class) {
            return ColumnType.MOMENT;
        } else if (type == Integer.class || type == Long.class || type == Short.class) {
            return ColumnType.INTEGER;
        } else if (type == byte[].class) {
            return ColumnType.BYTES;
        } else if (type == String.class) {
            return ColumnType.TEXT;
        } else if (List.class.isAssignableFrom(type)) {
            return ColumnType.TEXTS;
        }
        return field.getBinding() instanceof JsonbBinding ? ColumnType.JSONB : ColumnType.JSON;
    }

    /** Of a column that a later change set drops. */
    private static ColumnType type(String declared) {
        return switch (declared) {
            case "INTEGER" -> ColumnType.INTEGER;
            case "BLOB" -> ColumnType.BYTES;
            default -> ColumnType.TEXT;
        };
    }

    @Override
    public void read(TableShape table, boolean ordered, RowSink sink) throws SQLException {
        var sql = "SELECT " + CopyStore.quoted(table.columnNames()) + " FROM \"" + table.name() + "\""
                + (ordered ? " ORDER BY " + CopyStore.quoted(table.key()) : "");
        var types = table.columns().stream().map(Column::type).toArray(ColumnType[]::new);
        try (var statement = direct.connection().createStatement();
                var rows = statement.executeQuery(sql)) {
            var row = new Object[types.length];
            while (rows.next()) {
                for (int i = 0; i < row.length; i++) {
                    row[i] = value(rows, i + 1, types[i]);
                }
                sink.row(row);
            }
        }
    }

    private static @Nullable Object value(ResultSet rows, int column, ColumnType type) throws SQLException {
        return switch (type) {
            case TEXT, BYTES, JSON, JSONB -> bytes(rows, column);
            case INTEGER, MOMENT -> {
                long number = rows.getLong(column);
                yield rows.wasNull() ? null : number;
            }
            case BOOLEAN -> {
                boolean yes = rows.getLong(column) != 0;
                yield rows.wasNull() ? null : yes;
            }
            case TEXTS -> {
                var json = rows.getString(column);
                yield json == null ? null : list(json);
            }
        };
    }

    /** The driver gives null for bytes of length 0 too. */
    private static byte @Nullable [] bytes(ResultSet rows, int column) throws SQLException {
        var bytes = rows.getBytes(column);
        if (bytes == null && rows.getObject(column) != null) {
            return new byte[0];
        }
        return bytes;
    }

    private static byte[][] list(String json) throws SQLException {
        try {
            return Arrays.stream(MAPPER.readValue(json, String[].class))
                    .map(RowBuffer::utf8)
                    .toArray(byte[][]::new);
        } catch (JsonProcessingException e) {
            throw new SQLException("a stored list can't be read", e);
        }
    }

    private static String json(byte[][] list) {
        try {
            return MAPPER.writeValueAsString(
                    Arrays.stream(list).map(RowBuffer::text).toArray());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public TableSink write(TableShape table) throws SQLException {
        CopyStore.fits(table, texts("SELECT name FROM pragma_table_info('" + table.name() + "')"));
        var statement = direct.connection()
                .prepareStatement("INSERT INTO \"" + table.name() + "\" (" + CopyStore.quoted(table.columnNames())
                        + ") VALUES (?" + ", ?".repeat(table.columns().size() - 1) + ")");
        return new Inserts(statement, table);
    }

    private record Inserts(PreparedStatement statement, TableShape table) implements TableSink {
        @Override
        public void row(@Nullable Object[] row) throws SQLException {
            for (int i = 0; i < row.length; i++) {
                set(i + 1, table.columns().get(i).type(), row[i]);
            }
            statement.executeUpdate();
        }

        private void set(int column, ColumnType type, @Nullable Object value) throws SQLException {
            if (value == null) {
                statement.setNull(column, Types.NULL);
                return;
            }
            switch (type) {
                case TEXT, JSON, JSONB -> statement.setString(column, RowBuffer.text((byte[]) value));
                case BYTES -> statement.setBytes(column, (byte[]) value);
                case INTEGER, MOMENT -> statement.setLong(column, (Long) value);
                case BOOLEAN -> statement.setInt(column, (Boolean) value ? 1 : 0);
                case TEXTS -> statement.setString(column, json((byte[][]) value));
            }
        }

        @Override
        public void end() {}

        @Override
        public void close() {
            try {
                statement.close();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public List<String> texts(String sql) throws SQLException {
        return direct.texts(sql);
    }
}
