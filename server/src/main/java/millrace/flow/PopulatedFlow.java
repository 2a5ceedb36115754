package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import millrace.definition.FlowJson;
import millrace.definition.FlowVersion;
import org.jspecify.annotations.Nullable;

/** A flow together with one of its versions, as the API answers it (flow-format §2, §3). */
public record PopulatedFlow(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String externalId,
        @Nullable String ownerId,
        @Nullable String folderId,
        FlowStatus status,
        @Nullable String publishedVersionId,
        String operationStatus,
        @Nullable JsonNode metadata,
        @Nullable Integer timeSavedPerRun,
        @Nullable String templateId,
        @Nullable JsonNode createdBy,
        Version version) {

    /**
     * A version with its document.
     *
     * @param trigger the document, nested as deep as its longest chain
     */
    public record Version(
            String id,
            Instant created,
            Instant updated,
            String flowId,
            String displayName,
            JsonNode trigger,
            @Nullable String updatedBy,
            boolean valid,
            @Nullable String schemaVersion,
            List<String> agentIds,
            List<String> connectionIds,
            FlowVersion.State state,
            @Nullable JsonNode backupFiles,
            List<ObjectNode> notes) {

        static Version of(FlowVersion version) {
            return new Version(
                    version.id(),
                    version.created(),
                    version.updated(),
                    version.flowId(),
                    version.displayName(),
                    FlowJson.write(version.trigger()),
                    version.updatedBy(),
                    version.valid(),
                    version.schemaVersion(),
                    version.agentIds(),
                    version.connectionIds(),
                    version.state(),
                    version.backupFiles(),
                    version.notes());
        }
    }

    static PopulatedFlow of(Flow flow, FlowVersion version) {
        return new PopulatedFlow(
                flow.id(),
                flow.created(),
                flow.updated(),
                flow.projectId(),
                flow.externalId(),
                flow.ownerId(),
                flow.folderId(),
                flow.status(),
                flow.publishedVersionId(),
                flow.operationStatus(),
                flow.metadata(),
                flow.timeSavedPerRun(),
                flow.templateId(),
                flow.createdBy(),
                Version.of(version));
    }
}
