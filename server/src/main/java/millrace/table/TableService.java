package millrace.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import millrace.config.TableSettings;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.engine.TableChange;
import millrace.nativepiece.PieceFailure;
import millrace.nativepiece.ProjectTables;
import millrace.nativepiece.RecordFilter;
import org.jspecify.annotations.Nullable;

/** Shows steps the tables of their project, and changes them for them. */
public final class TableService {
    /** Records and cells that a step adds: runs of others wait for the commit. */
    private static final int MOST_AT_ONCE = 20_000;

    private final Database database;
    private final TableSettings limits;
    private final TableStore tables;
    private final RecordStore records;

    public TableService(Database database, Ids ids, TableSettings limits) {
        this.database = database;
        this.limits = limits;
        this.tables = new TableStore(ids);
        this.records = new RecordStore(ids);
    }

    /** What a step of the project reads. */
    public ProjectTables of(String projectId) {
        return new ProjectTables() {
            @Override
            public @Nullable Table find(String name) {
                return database.read(tx -> tables.findNamed(tx, projectId, name))
                        .orElse(null);
            }

            @Override
            public ArrayNode records(Table table, List<RecordFilter> filters, int atMost) {
                return database.read(tx -> records.list(
                        tx, projectId, table, records.matching(tx, projectId, table.id(), filters, atMost)));
            }

            @Override
            public @Nullable ObjectNode record(Table table, String recordId) {
                var found = database.read(tx -> records.list(tx, projectId, table, List.of(recordId)));
                return found.isEmpty() ? null : (ObjectNode) found.get(0);
            }
        };
    }

    /**
     * Makes a step's change. The table's lock is held.
     *
     * @return the step's output
     * @throws PieceFailure when the table, or a record that is named, is not there, or a limit is passed; nothing is
     *     changed then
     */
    public JsonNode change(Tx tx, String projectId, TableChange change) {
        return switch (change) {
            case TableChange.Create create -> create(tx, projectId, create);
            case TableChange.Delete delete -> {
                tables.delete(tx, projectId, table(tx, projectId, delete).id());
                yield success();
            }
            case TableChange.Clear clear -> {
                records.clear(tx, projectId, table(tx, projectId, clear).id());
                yield success();
            }
            case TableChange.AddRecords add -> add(tx, projectId, add);
            case TableChange.UpdateRecord update -> update(tx, projectId, update);
            case TableChange.DeleteRecords delete -> {
                var table = table(tx, projectId, delete);
                known(tx, projectId, table, delete.recordIds());
                records.delete(tx, projectId, table.id(), delete.recordIds());
                yield success();
            }
        };
    }

    private JsonNode create(Tx tx, String projectId, TableChange.Create create) {
        if (create.fields().size() > limits.maxFields()) {
            throw new PieceFailure(
                    "A table can have " + limits.maxFields() + " fields at most (AP_MAX_FIELDS_PER_TABLE).");
        }
        return tables.insert(tx, projectId, create);
    }

    private JsonNode add(Tx tx, String projectId, TableChange.AddRecords add) {
        var table = table(tx, projectId, add);
        var size = add.records().stream().mapToLong(cells -> 1 + cells.size()).sum();
        if (size > MOST_AT_ONCE) {
            throw new PieceFailure("A step can add " + MOST_AT_ONCE + " records and cells at most, not " + size
                    + ": add them in parts.");
        }
        var extent = records.extent(tx, projectId, table.id());
        if (extent.records() + add.records().size() > limits.maxRecords()) {
            throw new PieceFailure("The table " + table.name() + " can have " + limits.maxRecords()
                    + " records at most (AP_MAX_RECORDS_PER_TABLE).");
        }
        return records.insert(tx, projectId, table, extent.next(), add.records());
    }

    private JsonNode update(Tx tx, String projectId, TableChange.UpdateRecord update) {
        var table = table(tx, projectId, update);
        var record = List.of(update.recordId());
        known(tx, projectId, table, record);
        records.update(tx, projectId, table, update.recordId(), update.cells());
        return records.list(tx, projectId, table, record).get(0);
    }

    private ProjectTables.Table table(Tx tx, String projectId, TableChange change) {
        return tables.find(tx, projectId, change.tableId())
                .orElseThrow(() -> new PieceFailure("The table is not there any more."));
    }

    private void known(Tx tx, String projectId, ProjectTables.Table table, List<String> recordIds) {
        var missing = new HashSet<>(recordIds);
        missing.removeAll(records.known(tx, projectId, table.id(), recordIds));
        if (!missing.isEmpty()) {
            throw new PieceFailure("The table " + table.name() + " has no record "
                    + missing.stream().sorted().findFirst().orElseThrow() + ".");
        }
    }

    private static ObjectNode success() {
        return Json.object().put("success", true);
    }
}
