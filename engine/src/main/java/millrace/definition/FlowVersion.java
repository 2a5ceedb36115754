package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * A version of a flow with its whole document (flow-format §3).
 *
 * @param valid every step is valid, or is an action that is skipped
 * @param notes each as its JSON; read only
 * @param backupFiles file ids of the documents before a migration, by schema version
 */
public record FlowVersion(
        String id,
        Instant created,
        Instant updated,
        String flowId,
        String displayName,
        Trigger trigger,
        @Nullable String updatedBy,
        boolean valid,
        @Nullable String schemaVersion,
        List<String> agentIds,
        List<String> connectionIds,
        State state,
        @Nullable JsonNode backupFiles,
        List<ObjectNode> notes) {

    /** The schema that this program reads and writes; documents of older ones are migrated. */
    public static final String LATEST_SCHEMA = "22";

    /** A DRAFT can be edited; a LOCKED one never changes. */
    public enum State {
        DRAFT,
        LOCKED
    }

    public FlowVersion {
        agentIds = List.copyOf(agentIds);
        connectionIds = List.copyOf(connectionIds);
        notes = List.copyOf(notes);
    }

    /** The first version of a new flow: an EMPTY trigger and nothing else. */
    public static FlowVersion first(
            String id, String flowId, String displayName, @Nullable String updatedBy, Instant now) {
        return new FlowVersion(
                id,
                now,
                now,
                flowId,
                displayName,
                emptyTrigger(now),
                updatedBy,
                false,
                LATEST_SCHEMA,
                List.of(),
                List.of(),
                State.DRAFT,
                null,
                List.of());
    }

    /** The trigger of a new flow. */
    static EmptyTrigger emptyTrigger(Instant now) {
        ObjectNode body = Json.object()
                .put("name", "trigger")
                .put("valid", false)
                .put("displayName", "Select Trigger")
                .put("type", EmptyTrigger.TYPE);
        body.putObject("settings");
        body.put("lastUpdatedDate", Timestamps.text(now));
        return new EmptyTrigger(body, null);
    }

    /** The same content as a new draft on top of this version. */
    public FlowVersion asDraft(String draftId, Instant now) {
        return new FlowVersion(
                draftId,
                now,
                now,
                flowId,
                displayName,
                trigger,
                updatedBy,
                valid,
                schemaVersion,
                agentIds,
                connectionIds,
                State.DRAFT,
                backupFiles,
                notes);
    }

    /** The same version after an edit by this user; null for an API key. */
    public FlowVersion editedBy(@Nullable String userId) {
        return new FlowVersion(
                id,
                created,
                updated,
                flowId,
                displayName,
                trigger,
                userId,
                valid,
                schemaVersion,
                agentIds,
                connectionIds,
                state,
                backupFiles,
                notes);
    }

    FlowVersion withDisplayName(String displayName) {
        return with(displayName, trigger, state, notes);
    }

    FlowVersion withTrigger(Trigger trigger) {
        return with(displayName, trigger, state, notes);
    }

    FlowVersion withState(State state) {
        return with(displayName, trigger, state, notes);
    }

    FlowVersion withNotes(List<ObjectNode> notes) {
        return with(displayName, trigger, state, notes);
    }

    private FlowVersion with(String displayName, Trigger trigger, State state, List<ObjectNode> notes) {
        return new FlowVersion(
                id,
                created,
                updated,
                flowId,
                displayName,
                trigger,
                updatedBy,
                valid,
                schemaVersion,
                agentIds,
                connectionIds,
                state,
                backupFiles,
                notes);
    }
}
