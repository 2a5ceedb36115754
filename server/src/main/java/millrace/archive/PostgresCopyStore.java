package millrace.archive;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import millrace.archive.TableShape.Column;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.PGCopyInputStream;

/** By COPY in its binary format (PostgreSQL documentation, COPY, file formats). */
final class PostgresCopyStore implements CopyStore {
    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};
    private static final long EPOCH_MICROS = 946_684_800_000_000L;
    private static final int BUFFER = 1 << 16;

    private final Direct direct;

    PostgresCopyStore(Direct direct) {
        this.direct = direct;
    }

    /** Locks come first: no partition that the snapshot sees can be dropped before it is read. */
    @Override
    public void snapshot() throws SQLException {
        direct.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        direct.execute("SET LOCAL statement_timeout = 0");
        direct.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
        var tables = new SchemaBuilder(direct).tables();
        direct.execute("ROLLBACK");
        direct.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        direct.execute("SET LOCAL statement_timeout = 0");
        direct.execute("SET LOCAL idle_in_transaction_session_timeout = 0");
        if (!tables.isEmpty()) {
            direct.execute("LOCK TABLE " + CopyStore.quoted(tables) + " IN ACCESS SHARE MODE");
        }
    }

    @Override
    public List<TableShape> tables() throws SQLException {
        var shapes = new ArrayList<TableShape>();
        for (var table : new SchemaBuilder(direct).tables()) {
            var columns = new ArrayList<Column>();
            for (var column : columns(table).entrySet()) {
                columns.add(new Column(column.getKey(), type(table, column.getKey(), column.getValue())));
            }
            shapes.add(new TableShape(table, texts("""
                    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
                    WHERE i.indrelid = to_regclass('"%s"') AND i.indisprimary AND a.attnum = ANY (i.indkey)
                    ORDER BY array_position(i.indkey::int2[], a.attnum)""".formatted(table)), columns));
        }
        return shapes;
    }

    /** Names of columns with PostgreSQL's names of their types, in order. */
    private Map<String, String> columns(String table) throws SQLException {
        var columns = new LinkedHashMap<String, String>();
        try (var statement = direct.connection().createStatement();
                var rows = statement.executeQuery("""
                        SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                        WHERE a.attrelid = to_regclass('"%s"') AND a.attnum > 0 AND NOT a.attisdropped
                        ORDER BY a.attnum""".formatted(table))) {
            while (rows.next()) {
                columns.put(rows.getString(1), rows.getString(2));
            }
        }
        return columns;
    }

    private static ColumnType type(String table, String column, String type) throws SQLException {
        return switch (type) {
            case "varchar", "text", "bpchar" -> ColumnType.TEXT;
            case "int2", "int4", "int8" -> ColumnType.INTEGER;
            case "bool" -> ColumnType.BOOLEAN;
            case "timestamptz" -> ColumnType.MOMENT;
            case "bytea" -> ColumnType.BYTES;
            case "json" -> ColumnType.JSON;
            case "jsonb" -> ColumnType.JSONB;
            case "_varchar", "_text" -> ColumnType.TEXTS;
            default ->
                throw new SQLException(
                        "the column " + column + " of " + table + " has the type " + type + ", which no archive holds");
        };
    }

    @Override
    public void read(TableShape table, boolean ordered, RowSink sink) throws SQLException {
        var sql = "COPY (SELECT " + CopyStore.quoted(table.columnNames()) + " FROM \"" + table.name() + "\""
                + (ordered ? " ORDER BY " + CopyStore.quoted(table.key()) : "") + ") TO STDOUT (FORMAT binary)";
        try (var copied = new PGCopyInputStream(direct.connection().unwrap(PGConnection.class), sql);
                var in = new DataInputStream(new BufferedInputStream(copied, BUFFER))) {
            var signature = in.readNBytes(SIGNATURE.length);
            if (!Arrays.equals(signature, SIGNATURE)) {
                throw new SQLException("PostgreSQL copies " + table.name() + " in a format that is unknown");
            }
            in.readInt();
            in.skipNBytes(in.readInt());
            var row = new Object[table.columns().size()];
            while (in.readShort() >= 0) {
                for (int i = 0; i < row.length; i++) {
                    int length = in.readInt();
                    row[i] = length < 0 ? null : value(table.columns().get(i).type(), in.readNBytes(length));
                }
                sink.row(row);
            }
        } catch (IOException e) {
            throw e.getCause() instanceof SQLException sql2 ? sql2 : new SQLException(e.getMessage(), e);
        }
    }

    private static Object value(ColumnType type, byte[] bytes) {
        return switch (type) {
            case TEXT, BYTES, JSON -> bytes;
            // Its first byte is the version of the format.
            case JSONB -> Arrays.copyOfRange(bytes, 1, bytes.length);
            case INTEGER -> number(bytes);
            case BOOLEAN -> bytes[0] != 0;
            case MOMENT -> Math.addExact(number(bytes), EPOCH_MICROS);
            case TEXTS -> texts(ByteBuffer.wrap(bytes));
        };
    }

    private static long number(byte[] bytes) {
        long number = bytes[0];
        for (int i = 1; i < bytes.length; i++) {
            number = number << 8 | (bytes[i] & 0xff);
        }
        return number;
    }

    private static byte[][] texts(ByteBuffer array) {
        int dimensions = array.getInt();
        array.getInt();
        array.getInt();
        if (dimensions == 0) {
            return new byte[0][];
        }
        var texts = new byte[array.getInt()][];
        array.getInt();
        for (int i = 0; i < texts.length; i++) {
            texts[i] = new byte[Math.max(0, array.getInt())];
            array.get(texts[i]);
        }
        return texts;
    }

    @Override
    public TableSink write(TableShape table) throws SQLException {
        var types = columns(table.name());
        CopyStore.fits(table, List.copyOf(types.keySet()));
        var copy = direct.connection()
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY \"" + table.name() + "\" (" + CopyStore.quoted(table.columnNames())
                        + ") FROM STDIN (FORMAT binary)");
        return new BinaryCopy(
                copy, table, table.columnNames().stream().map(types::get).toList());
    }

    private static final class BinaryCopy implements TableSink {
        private final CopyIn copy;
        private final TableShape table;
        private final List<String> types;
        private ByteBuffer buffer = ByteBuffer.allocate(BUFFER);

        BinaryCopy(CopyIn copy, TableShape table, List<String> types) {
            this.copy = copy;
            this.table = table;
            this.types = types;
            buffer.put(SIGNATURE).putInt(0).putInt(0);
        }

        @Override
        public void row(@Nullable Object[] row) throws SQLException {
            room(2).putShort((short) row.length);
            for (int i = 0; i < row.length; i++) {
                var value = row[i];
                if (value == null) {
                    room(4).putInt(-1);
                } else {
                    put(table.columns().get(i).type(), types.get(i), value);
                }
            }
        }

        private void put(ColumnType type, String name, Object value) throws SQLException {
            switch (type) {
                case TEXT, BYTES, JSON -> {
                    var bytes = (byte[]) value;
                    room(4 + bytes.length).putInt(bytes.length).put(bytes);
                }
                case JSONB -> {
                    var bytes = (byte[]) value;
                    room(5 + bytes.length)
                            .putInt(bytes.length + 1)
                            .put((byte) 1)
                            .put(bytes);
                }
                case INTEGER -> putNumber(name, (Long) value);
                case BOOLEAN -> room(5).putInt(1).put((byte) ((Boolean) value ? 1 : 0));
                case MOMENT -> room(12).putInt(8).putLong(Math.subtractExact((Long) value, EPOCH_MICROS));
                case TEXTS -> putTexts(name, (byte[][]) value);
            }
        }

        private void putNumber(String name, long value) throws SQLException {
            switch (name) {
                case "int2" -> room(6).putInt(2).putShort((short) value);
                case "int4" -> room(8).putInt(4).putInt((int) value);
                default -> room(12).putInt(8).putLong(value);
            }
        }

        private void putTexts(String name, byte[][] texts) throws SQLException {
            int size = 12 + (texts.length == 0 ? 0 : 8);
            for (var text : texts) {
                size += 4 + text.length;
            }
            int element = name.equals("_text") ? 25 : 1043;
            room(4 + size)
                    .putInt(size)
                    .putInt(texts.length == 0 ? 0 : 1)
                    .putInt(0)
                    .putInt(element);
            if (texts.length > 0) {
                buffer.putInt(texts.length).putInt(1);
            }
            for (var text : texts) {
                buffer.putInt(text.length).put(text);
            }
        }

        private ByteBuffer room(int more) throws SQLException {
            if (buffer.remaining() < more) {
                flush();
                if (buffer.remaining() < more) {
                    buffer = ByteBuffer.allocate(more + BUFFER);
                }
            }
            return buffer;
        }

        private void flush() throws SQLException {
            copy.writeToCopy(buffer.array(), 0, buffer.position());
            buffer.clear();
        }

        @Override
        public void end() throws SQLException {
            room(2).putShort((short) -1);
            flush();
            copy.endCopy();
        }

        @Override
        public void close() {
            if (copy.isActive()) {
                try {
                    copy.cancelCopy();
                } catch (SQLException e) {
                    // Cancelling a copy is answered by an error.
                }
            }
        }
    }

    @Override
    public List<String> texts(String sql) throws SQLException {
        return direct.texts(sql);
    }
}
