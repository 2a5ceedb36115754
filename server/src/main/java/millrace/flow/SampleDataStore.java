package millrace.flow;

import static millrace.schema.Tables.FILE;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;
import millrace.database.Tx;
import millrace.engine.Json;

/** Inputs and outputs of tested steps, kept as files in the database (data-model §2.6). */
final class SampleDataStore {
    private static final String OUTPUT = "SAMPLE_DATA";
    private static final String INPUT = "SAMPLE_DATA_INPUT";

    /** @param versionId the version whose step was tested, or which was the latest */
    void insert(
            Tx tx,
            String id,
            Flow flow,
            String versionId,
            String stepName,
            boolean input,
            JsonNode payload,
            Instant now) {
        byte[] bytes = Json.bytes(payload);
        tx.sql()
                .insertInto(FILE)
                .set(FILE.ID, id)
                .set(FILE.CREATED, now)
                .set(FILE.UPDATED, now)
                .set(FILE.PROJECT_ID, flow.projectId())
                .set(FILE.TYPE, input ? INPUT : OUTPUT)
                .set(FILE.COMPRESSION, "NONE")
                .set(FILE.LOCATION, "DB")
                .set(FILE.DATA, bytes)
                .set(FILE.SIZE, bytes.length)
                .set(FILE.FILE_NAME, stepName + ".json")
                .set(
                        FILE.METADATA,
                        Json.object()
                                .put("flowId", flow.id())
                                .put("flowVersionId", versionId)
                                .put("stepName", stepName)
                                .put("dataType", payload.isTextual() ? "STRING" : "JSON"))
                .execute();
    }

    /** The newest file of the version's step; served by idx_file_project_id_type_created. */
    Optional<String> newest(Tx tx, Flow flow, String versionId, String stepName, boolean input) {
        return tx.sql()
                .select(FILE.ID)
                .from(FILE)
                .where(
                        FILE.PROJECT_ID.eq(flow.projectId()),
                        FILE.TYPE.eq(input ? INPUT : OUTPUT),
                        tx.dialect().jsonText(FILE.METADATA, "flowVersionId").eq(versionId),
                        tx.dialect().jsonText(FILE.METADATA, "stepName").eq(stepName))
                .orderBy(FILE.CREATED.desc(), FILE.ID.desc())
                .limit(1)
                .fetchOptional(FILE.ID);
    }

    /** Served by idx_file_project_id_type_created. */
    void deleteOfFlow(Tx tx, Flow flow) {
        tx.sql()
                .deleteFrom(FILE)
                .where(
                        FILE.PROJECT_ID.eq(flow.projectId()),
                        FILE.TYPE.in(OUTPUT, INPUT),
                        tx.dialect().jsonText(FILE.METADATA, "flowId").eq(flow.id()))
                .execute();
    }
}
