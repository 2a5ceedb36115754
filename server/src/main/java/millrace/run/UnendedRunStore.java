package millrace.run;

import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.RUN_QUEUE;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import millrace.database.Tx;

/** Reads what is needed to go on with runs. Work of the operator: it spans all tenants. */
final class UnendedRunStore {
    /** @param began the packed first record */
    record Row(String id, String status, byte[] began) {}

    /** In the order of their ids, those after this one. */
    List<Row> after(Tx tx, String id, int limit) {
        return tx.sql()
                .select(RUN_QUEUE.ID, RUN_QUEUE.STATUS, RUN_QUEUE.DOC)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.ID.gt(id))
                .orderBy(RUN_QUEUE.ID)
                .limit(limit)
                .fetch(row -> new Row(row.value1(), row.value2(), row.value3()));
    }

    /** The document of a flow version, from its trigger on. */
    Optional<JsonNode> document(Tx tx, String versionId) {
        return tx.sql()
                .select(FLOW_VERSION.TRIGGER)
                .from(FLOW_VERSION)
                .where(FLOW_VERSION.ID.eq(versionId))
                .fetchOptional(FLOW_VERSION.TRIGGER);
    }
}
