package millrace.connection;

import static millrace.schema.Tables.APP_CONNECTION;
import static millrace.schema.Tables.VARIABLE;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import millrace.database.Tx;

/** Encrypted values by the names that expressions use. */
final class ConnectionStore {

    record Row(String status, JsonNode value) {}

    /** The project's own or a global connection of this name; the newest when there are several. */
    Optional<Row> find(Tx tx, String projectId, String externalId) {
        return tx.sql()
                .select(APP_CONNECTION.STATUS, APP_CONNECTION.VALUE)
                .from(APP_CONNECTION)
                .where(
                        APP_CONNECTION.EXTERNAL_ID.eq(externalId),
                        tx.dialect().hasElement(APP_CONNECTION.PROJECT_IDS, projectId))
                .orderBy(APP_CONNECTION.UPDATED.desc())
                .limit(1)
                .fetchOptional(row -> new Row(row.value1(), row.value2()));
    }

    Optional<JsonNode> findVariable(Tx tx, String projectId, String name) {
        return tx.sql()
                .select(VARIABLE.VALUE)
                .from(VARIABLE)
                .where(VARIABLE.PROJECT_ID.eq(projectId), VARIABLE.NAME.eq(name))
                .fetchOptional(VARIABLE.VALUE);
    }
}
