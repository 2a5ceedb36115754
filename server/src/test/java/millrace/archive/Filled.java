package millrace.archive;

import static millrace.schema.Tables.LANE;
import static millrace.schema.Tables.PROCESS;
import static millrace.schema.Tables.RUN_QUEUE;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;
import millrace.database.SchemaBuilder;
import millrace.engine.Json;
import org.jooq.Field;
import org.jooq.Table;

/**
 * Fills every column of every table: the same id stands in all columns that can hold one, so that every foreign key
 * holds. Also compares whole databases.
 */
final class Filled {
    private static final Instant MOMENT = Instant.parse("2026-01-02T03:04:05.678901Z");
    private static final Set<String> NOT_COMPARED = Set.of("backup", "process", "lane");

    private Filled() {}

    /** Two rows in every table that has none: one with all columns, one with those that must be. */
    static void fill(DatabaseSettings settings) throws SQLException {
        try (var direct = Direct.beside(settings, "test")) {
            direct.execute("BEGIN");
            var keys = direct.dialect().postgres() ? new SchemaBuilder(direct).takeForeignKeys() : List.<String>of();
            if (keys.isEmpty()) {
                direct.execute("COMMIT");
                direct.execute("PRAGMA foreign_keys = OFF");
                direct.execute("BEGIN");
            }
            for (var shape : CopyStore.of(direct).tables()) {
                var table = Objects.requireNonNull(SchemaBuilder.schema().getTable(shape.name()));
                if (direct.tx().sql().fetchExists(table)) {
                    continue;
                }
                insert(direct, table, "0VSQ" + "x".repeat(17), true);
                insert(direct, table, "zYYY" + "y".repeat(17), false);
            }
            for (var key : keys) {
                direct.execute(key);
            }
            direct.execute("COMMIT");
        }
    }

    private static void insert(Direct direct, Table<?> table, String id, boolean all) {
        if (table.equals(PROCESS) || table.equals(LANE)) {
            return;
        }
        var insert = direct.tx().sql().insertInto(table);
        var set = insert.set(Map.of());
        for (var field : table.fields()) {
            boolean owner = List.of(RUN_QUEUE.PROCESS_ID, RUN_QUEUE.LANE, RUN_QUEUE.REPLY_TO)
                    .contains(field);
            if (!owner && (all || !field.getDataType().nullable())) {
                set = set.set(Map.of(field, value(field, id)));
            }
        }
        set.execute();
    }

    private static Object value(Field<?> field, String id) {
        var type = field.getType();
        if (type == String.class) {
            return field.getDataType().length() == 21 || field.getName().endsWith("Id")
                    ? id
                    : id + " ü\0\uE000 'q\" \\";
        } else if (type == Boolean.class) {
            return true;
        } else if (type == Integer.class) {
            return -7;
        } else if (type == Long.class) {
            return 1L << 40;
        } else if (type == Instant.class) {
            return MOMENT;
        } else if (type == byte[].class) {
            return new byte[] {0, 1, -1};
        } else if (type == List.class) {
            return List.of("a", "with \"quotes\", comma", "", "{}", "ü", "nul\0");
        } else if (JsonNode.class.isAssignableFrom(type)) {
            return Json.read(
                    "{\"b\":1.10,\"a\":[1e2,123456789012345678901234567890,null,true,\"ü\\u0000\\n\"],\"ab\":{}}");
        }
        throw new IllegalStateException(field + " has the type " + type);
    }

    /** Count and checksum of each table. */
    static Map<String, String> sums(DatabaseSettings settings) throws SQLException {
        var sums = new TreeMap<String, String>();
        try (var direct = Direct.beside(settings, "test")) {
            var store = CopyStore.of(direct);
            for (var table : store.tables()) {
                if (!NOT_COMPARED.contains(table.name())) {
                    sums.put(table.name(), store.sum(table).toString());
                }
            }
        }
        return sums;
    }
}
