package millrace.table;

import static millrace.schema.Tables.CELL;
import static millrace.schema.Tables.RECORD;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.max;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.nativepiece.JsDate;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.RecordFilter;

/** Records and their cells. A record without cells is a record too. */
final class RecordStore {
    /** Of a statement: parameters are bounded on both databases. */
    private static final int MOST_ROWS = 500;

    private final Ids ids;

    RecordStore(Ids ids) {
        this.ids = ids;
    }

    /**
     * What a locked table holds.
     *
     * @param next the moment of the next record: after the last one's, whatever the clock says
     */
    record Extent(int records, Instant next) {}

    Extent extent(Tx tx, String projectId, String tableId) {
        var found = tx.sql()
                .select(tx.dialect().now(), count(), max(RECORD.CREATED))
                .from(RECORD)
                .where(RECORD.TABLE_ID.eq(tableId), RECORD.PROJECT_ID.eq(projectId))
                .fetchSingle();
        var last = found.value3();
        var next = last == null || found.value1().isAfter(last) ? found.value1() : last.plus(1, ChronoUnit.MICROS);
        return new Extent(found.value2(), next);
    }

    /** Which of the ids are those of records of the table. */
    Set<String> known(Tx tx, String projectId, String tableId, List<String> recordIds) {
        var known = new HashSet<String>();
        inParts(
                recordIds,
                part -> known.addAll(tx.sql()
                        .select(RECORD.ID)
                        .from(RECORD)
                        .where(RECORD.TABLE_ID.eq(tableId), RECORD.PROJECT_ID.eq(projectId), RECORD.ID.in(part))
                        .fetch(RECORD.ID)));
        return known;
    }

    /** The ids of the oldest records that pass all filters, oldest first. */
    List<String> matching(Tx tx, String projectId, String tableId, List<RecordFilter> filters, int atMost) {
        var oldestFirst = tx.sql()
                .select(RECORD.ID)
                .from(RECORD)
                .where(RECORD.TABLE_ID.eq(tableId), RECORD.PROJECT_ID.eq(projectId))
                .orderBy(RECORD.CREATED, RECORD.ID);
        if (filters.isEmpty()) {
            return oldestFirst.limit(atMost).fetch(RECORD.ID);
        }
        var cells = new HashMap<String, Map<String, String>>();
        for (var fieldId :
                filters.stream().map(filter -> filter.field().id()).distinct().toList()) {
            cells.put(
                    fieldId,
                    tx.sql()
                            .select(CELL.RECORD_ID, CELL.VALUE)
                            .from(CELL)
                            .where(CELL.FIELD_ID.eq(fieldId), CELL.PROJECT_ID.eq(projectId))
                            .fetchMap(CELL.RECORD_ID, CELL.VALUE));
        }
        return oldestFirst.fetch(RECORD.ID).stream()
                .filter(id -> filters.stream()
                        .allMatch(filter -> filter.matches(
                                Objects.requireNonNull(cells.get(filter.field().id()))
                                        .get(id))))
                .limit(atMost)
                .toList();
    }

    /** These records as steps see them, in this order; without those that are not there. */
    ArrayNode list(Tx tx, String projectId, ProjectTables.Table table, List<String> recordIds) {
        var found = new HashMap<String, ObjectNode>();
        inParts(recordIds, part -> read(tx, projectId, table, part, found));
        var list = Json.array();
        for (var id : recordIds) {
            var record = found.get(id);
            if (record != null) {
                list.add(record);
            }
        }
        return list;
    }

    /** Cells are not joined: while a table grows, what the planner knows of it is too old for that. */
    private static void read(
            Tx tx, String projectId, ProjectTables.Table table, List<String> recordIds, Map<String, ObjectNode> found) {
        var cells = new HashMap<String, Map<String, ObjectNode>>();
        tx.sql()
                .select(CELL.RECORD_ID, CELL.FIELD_ID, CELL.VALUE, CELL.CREATED, CELL.UPDATED)
                .from(CELL)
                .where(CELL.RECORD_ID.in(recordIds), CELL.PROJECT_ID.eq(projectId))
                .forEach(row -> cells.computeIfAbsent(row.value1(), id -> new HashMap<>())
                        .put(row.value2(), shown(row.value4(), row.value5()).put("value", row.value3())));
        tx.sql()
                .select(RECORD.ID, RECORD.CREATED, RECORD.UPDATED)
                .from(RECORD)
                .where(RECORD.TABLE_ID.eq(table.id()), RECORD.PROJECT_ID.eq(projectId), RECORD.ID.in(recordIds))
                .forEach(row -> found.put(
                        row.value1(),
                        shown(row.value2(), row.value3())
                                .put("id", row.value1())
                                .set("cells", inOrder(table, cells.getOrDefault(row.value1(), Map.of())))));
    }

    private static ObjectNode inOrder(ProjectTables.Table table, Map<String, ObjectNode> cells) {
        var ordered = Json.object();
        for (var field : table.fields()) {
            var cell = cells.get(field.id());
            if (cell != null) {
                ordered.set(field.id(), cell.put("fieldName", field.name()));
            }
        }
        return ordered;
    }

    private static ObjectNode shown(Instant created, Instant updated) {
        return Json.object().put("created", JsDate.iso(created)).put("updated", JsDate.iso(updated));
    }

    /**
     * Adds records behind those that are there: the table is locked, so their order is that of the commits.
     *
     * @param first the moment of the first
     * @param records cells by field id; those of fields that the table does not have are left out
     * @return the records as steps see them, in the order given
     */
    ArrayNode insert(
            Tx tx, String projectId, ProjectTables.Table table, Instant first, List<Map<String, String>> records) {
        var added = new ArrayList<Added>(records.size());
        for (var cells : records) {
            var moment = first.plus(added.size(), ChronoUnit.MICROS);
            added.add(new Added(ids.random(), moment, known(table, cells)));
        }
        inParts(added, part -> insertRecords(tx, projectId, table.id(), part));
        var cells = added.stream()
                .flatMap(record -> record.cells.entrySet().stream()
                        .map(cell -> new AddedCell(record, cell.getKey(), cell.getValue())))
                .toList();
        inParts(cells, part -> insertCells(tx, projectId, part));
        var shown = Json.array();
        added.forEach(record -> shown.add(shown(table, record)));
        return shown;
    }

    private static ObjectNode shown(ProjectTables.Table table, Added record) {
        var cells = new HashMap<String, ObjectNode>();
        record.cells.forEach((fieldId, value) ->
                cells.put(fieldId, shown(record.moment, record.moment).put("value", value)));
        return shown(record.moment, record.moment).put("id", record.id).set("cells", inOrder(table, cells));
    }

    private record Added(String id, Instant moment, Map<String, String> cells) {}

    private record AddedCell(Added record, String fieldId, String value) {}

    private static void insertRecords(Tx tx, String projectId, String tableId, List<Added> records) {
        var insert = tx.sql()
                .insertInto(RECORD, RECORD.ID, RECORD.CREATED, RECORD.UPDATED, RECORD.TABLE_ID, RECORD.PROJECT_ID);
        for (var record : records) {
            insert = insert.values(record.id, record.moment, record.moment, tableId, projectId);
        }
        insert.execute();
    }

    private void insertCells(Tx tx, String projectId, List<AddedCell> cells) {
        var insert = tx.sql()
                .insertInto(
                        CELL,
                        CELL.ID,
                        CELL.CREATED,
                        CELL.UPDATED,
                        CELL.RECORD_ID,
                        CELL.FIELD_ID,
                        CELL.PROJECT_ID,
                        CELL.VALUE);
        for (var cell : cells) {
            var record = cell.record;
            insert = insert.values(
                    ids.random(), record.moment, record.moment, record.id, cell.fieldId, projectId, cell.value);
        }
        insert.execute();
    }

    private static Map<String, String> known(ProjectTables.Table table, Map<String, String> cells) {
        var known = new LinkedHashMap<String, String>();
        for (var field : table.fields()) {
            var value = cells.get(field.id());
            if (value != null) {
                known.put(field.id(), value);
            }
        }
        return known;
    }

    /** Sets these cells of the record and leaves its others. */
    void update(Tx tx, String projectId, ProjectTables.Table table, String recordId, Map<String, String> cells) {
        var now = tx.dialect().now();
        tx.sql()
                .update(RECORD)
                .set(RECORD.UPDATED, now)
                .where(RECORD.TABLE_ID.eq(table.id()), RECORD.PROJECT_ID.eq(projectId), RECORD.ID.eq(recordId))
                .execute();
        known(table, cells)
                .forEach((fieldId, value) -> tx.sql()
                        .insertInto(CELL)
                        .set(CELL.ID, ids.random())
                        .set(CELL.RECORD_ID, recordId)
                        .set(CELL.FIELD_ID, fieldId)
                        .set(CELL.PROJECT_ID, projectId)
                        .set(CELL.VALUE, value)
                        .onConflict(CELL.PROJECT_ID, CELL.FIELD_ID, CELL.RECORD_ID)
                        .doUpdate()
                        .set(CELL.VALUE, value)
                        .set(CELL.UPDATED, now)
                        .execute());
    }

    void delete(Tx tx, String projectId, String tableId, List<String> recordIds) {
        inParts(
                recordIds,
                part -> tx.sql()
                        .deleteFrom(RECORD)
                        .where(RECORD.TABLE_ID.eq(tableId), RECORD.PROJECT_ID.eq(projectId), RECORD.ID.in(part))
                        .execute());
    }

    void clear(Tx tx, String projectId, String tableId) {
        tx.sql()
                .deleteFrom(RECORD)
                .where(RECORD.TABLE_ID.eq(tableId), RECORD.PROJECT_ID.eq(projectId))
                .execute();
    }

    private static <T> void inParts(List<T> all, Consumer<List<T>> work) {
        for (int from = 0; from < all.size(); from += MOST_ROWS) {
            work.accept(all.subList(from, Math.min(all.size(), from + MOST_ROWS)));
        }
    }
}
