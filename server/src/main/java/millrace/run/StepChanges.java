package millrace.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import millrace.database.NameLock;
import millrace.database.RunFlush;
import millrace.database.Tx;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.TableChange;
import millrace.nativepiece.PieceFailure;

/** Makes what steps change of what their project has, within the transaction that makes the step's record durable. */
public final class StepChanges {
    private final Tables tables;
    private final long maxEntryBytes;

    /** Changes tables. */
    @FunctionalInterface
    public interface Tables {
        /**
         * @return the step's output
         * @throws PieceFailure when the step fails; nothing is changed then
         */
        JsonNode change(Tx tx, String projectId, TableChange change);
    }

    /** @param maxEntryBytes the longest value of an entry as JSON text */
    public StepChanges(Tables tables, long maxEntryBytes) {
        this.tables = tables;
        this.maxEntryBytes = maxEntryBytes;
    }

    /** The names of what must be locked before the change is made. */
    static List<String> locks(Effect.Change change) {
        return switch (change) {
            case Effect.ChangeEntry entry -> List.of(NameLock.entry(entry.key()));
            case TableChange table -> List.of(NameLock.table(table.tableId()));
        };
    }

    /**
     * @return the step's output
     * @throws PieceFailure when the step fails; nothing is changed then
     */
    JsonNode make(String projectId, Effect.Change change, RunFlush.Rows rows) {
        return switch (change) {
            case Effect.ChangeEntry entry -> changeEntry(entry, rows);
            case TableChange table -> tables.change(rows.tx(), projectId, table);
        };
    }

    private JsonNode changeEntry(Effect.ChangeEntry change, RunFlush.Rows rows) {
        var before = rows.entry(change.key());
        var made = change.decision().of(before == null ? null : Json.readStored(before.getBytes(UTF_8)));
        var value = made.value();
        if (value == null) {
            rows.put(change.key(), null);
            return made.output();
        }
        if (Json.deeperThan(value, StepCalls.MAX_OUTPUT_DEPTH)) {
            throw new PieceFailure(
                    "The value can not be kept: it is nested more than " + StepCalls.MAX_OUTPUT_DEPTH + " deep.");
        }
        var json = Json.bytes(value);
        if (json.length > maxEntryBytes) {
            throw new PieceFailure(
                    "StorageLimitError",
                    "The value is larger than " + maxEntryBytes / 1024
                            + " KB, the most that a key can hold (AP_MAX_STORE_ENTRY_VALUE_SIZE_KB).");
        }
        rows.put(change.key(), new String(json, UTF_8));
        return made.output();
    }
}
