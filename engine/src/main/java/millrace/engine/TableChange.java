package millrace.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a step changes in the project's tables: all of it, or nothing when the table, or a record that it names, is not
 * there. Cells are texts by field id; a field that is not there any more is left out.
 */
public sealed interface TableChange extends Effect.Change {

    /** Of which table; a new one when the table is made. */
    String tableId();

    /**
     * Makes a table. Names need not be unique.
     *
     * @param tableId 21 characters, new
     */
    record Create(String tableId, String name, List<NewField> fields) implements TableChange {
        public Create {
            fields = List.copyOf(fields);
        }
    }

    /** @param options what a STATIC_DROPDOWN offers */
    record NewField(String name, FieldType type, List<String> options) {
        public NewField {
            options = List.copyOf(options);
        }
    }

    /** Removes a table with all that is in it. */
    record Delete(String tableId) implements TableChange {}

    /** Removes all records. */
    record Clear(String tableId) implements TableChange {}

    /** Adds records behind those that are there. */
    record AddRecords(String tableId, List<Map<String, String>> records) implements TableChange {
        public AddRecords {
            var copies = new ArrayList<Map<String, String>>(records.size());
            records.forEach(cells -> copies.add(Collections.unmodifiableMap(new LinkedHashMap<>(cells))));
            records = Collections.unmodifiableList(copies);
        }
    }

    /** Sets cells of one record and leaves its others. */
    record UpdateRecord(String tableId, String recordId, Map<String, String> cells) implements TableChange {
        public UpdateRecord {
            cells = Collections.unmodifiableMap(new LinkedHashMap<>(cells));
        }
    }

    record DeleteRecords(String tableId, List<String> recordIds) implements TableChange {
        public DeleteRecords {
            recordIds = List.copyOf(recordIds);
        }
    }
}
