package millrace.table;

import static millrace.schema.Tables.FIELD;
import static millrace.schema.Tables.TABLE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.FieldType;
import millrace.engine.Json;
import millrace.engine.TableChange;
import millrace.nativepiece.JsDate;
import millrace.nativepiece.ProjectTables;
import org.jooq.Condition;
import org.jspecify.annotations.Nullable;

/** Tables and their fields. */
final class TableStore {
    private final Ids ids;

    TableStore(Ids ids) {
        this.ids = ids;
    }

    /** By external id, or by id. External ids need not be unique: the oldest table counts. */
    Optional<ProjectTables.Table> findNamed(Tx tx, String projectId, String name) {
        return find(tx, projectId, TABLE.EXTERNAL_ID.eq(name)).or(() -> find(tx, projectId, name));
    }

    Optional<ProjectTables.Table> find(Tx tx, String projectId, String tableId) {
        return find(tx, projectId, TABLE.ID.eq(tableId));
    }

    private static Optional<ProjectTables.Table> find(Tx tx, String projectId, Condition which) {
        return tx.sql()
                .select(TABLE.ID, TABLE.EXTERNAL_ID, TABLE.NAME)
                .from(TABLE)
                .where(TABLE.PROJECT_ID.eq(projectId), which)
                .orderBy(TABLE.CREATED, TABLE.ID)
                .limit(1)
                .fetchOptional(row -> new ProjectTables.Table(
                        row.value1(), row.value2(), row.value3(), fields(tx, projectId, row.value1())));
    }

    private static List<ProjectTables.Field> fields(Tx tx, String projectId, String tableId) {
        return tx.sql()
                .select(FIELD.ID, FIELD.EXTERNAL_ID, FIELD.NAME, FIELD.TYPE)
                .from(FIELD)
                .where(FIELD.PROJECT_ID.eq(projectId), FIELD.TABLE_ID.eq(tableId))
                .orderBy(FIELD.CREATED, FIELD.ID)
                .fetch(row -> new ProjectTables.Field(
                        row.value1(), row.value2(), row.value3(), FieldType.valueOf(row.value4())));
    }

    /** Answers the table as the piece shows it. */
    ObjectNode insert(Tx tx, String projectId, TableChange.Create table) {
        var now = tx.sql().select(tx.dialect().now()).fetchSingle().value1();
        var externalId = ids.random();
        tx.sql()
                .insertInto(TABLE)
                .set(TABLE.ID, table.tableId())
                .set(TABLE.CREATED, now)
                .set(TABLE.UPDATED, now)
                .set(TABLE.PROJECT_ID, projectId)
                .set(TABLE.NAME, table.name())
                .set(TABLE.EXTERNAL_ID, externalId)
                .execute();
        var shown = Json.object()
                .put("id", table.tableId())
                .put("created", JsDate.iso(now))
                .put("updated", JsDate.iso(now))
                .put("projectId", projectId)
                .put("name", table.name())
                .put("externalId", externalId);
        var fields = shown.putArray("fields");
        for (var field : table.fields()) {
            var fieldExternalId = ids.random();
            // Fields are shown in the order of their moments.
            var moment = now.plusNanos(1_000L * fields.size());
            tx.sql()
                    .insertInto(FIELD)
                    .set(FIELD.ID, ids.random())
                    .set(FIELD.CREATED, moment)
                    .set(FIELD.UPDATED, moment)
                    .set(FIELD.PROJECT_ID, projectId)
                    .set(FIELD.TABLE_ID, table.tableId())
                    .set(FIELD.NAME, field.name())
                    .set(FIELD.TYPE, field.type().name())
                    .set(FIELD.EXTERNAL_ID, fieldExternalId)
                    .set(FIELD.DATA, data(field))
                    .execute();
            fields.addObject()
                    .put("name", field.name())
                    .put("type", field.type().name())
                    .put("externalId", fieldExternalId);
        }
        return shown;
    }

    private static @Nullable ObjectNode data(TableChange.NewField field) {
        if (field.type() != FieldType.STATIC_DROPDOWN) {
            return null;
        }
        var data = Json.object();
        var options = data.putArray("options");
        field.options().forEach(option -> options.addObject().put("value", option));
        return data;
    }

    /** With all that is in it. */
    void delete(Tx tx, String projectId, String tableId) {
        tx.sql()
                .deleteFrom(TABLE)
                .where(TABLE.PROJECT_ID.eq(projectId), TABLE.ID.eq(tableId))
                .execute();
    }
}
