package millrace.nativepiece;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import millrace.engine.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a project, as a step finds them. Records are {@code {id, created, updated, cells: {<field id>: {fieldName,
 * value, created, updated}}}}, their cells in the order of the fields.
 */
public interface ProjectTables {
    /**
     * @param name the table's external id, or its id
     * @return null when the project has no such table
     */
    @Nullable
    Table find(String name);

    /**
     * The oldest records that pass all filters, in the order in which they were added.
     *
     * @param atMost so many
     */
    ArrayNode records(Table table, List<RecordFilter> filters, int atMost);

    /** @return null when the table has no such record */
    @Nullable
    ObjectNode record(Table table, String recordId);

    /** @param fields in the order of the table */
    record Table(String id, String externalId, String name, List<Field> fields) {
        public Table {
            fields = List.copyOf(fields);
        }
    }

    record Field(String id, String externalId, String name, FieldType type) {}
}
