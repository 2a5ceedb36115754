package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/** What a user can do to a flow with {@code POST /v1/flows/{id}} (flow-format §9). */
public sealed interface FlowOperation {
    /** Edits the draft's document; {@link FlowEditor} applies it. */
    sealed interface OnDraft extends FlowOperation {}

    /** Is the server's: it touches the flow's row, other versions or files. */
    sealed interface OnFlow extends FlowOperation {}

    /** Where a step goes, seen from its parent. */
    enum Location {
        AFTER,
        INSIDE_LOOP,
        INSIDE_BRANCH,
        INSIDE_ON_SUCCESS_BRANCH,
        INSIDE_ON_FAILURE_BRANCH
    }

    record Place(
            String parent,
            @Nullable Location location,
            @Nullable Integer branchIndex) {}

    /** @param action alone: nothing follows it and nothing is inside it */
    record AddAction(Place place, Action action) implements OnDraft {}

    /** @param action alone; its name selects the step */
    record UpdateAction(Action action) implements OnDraft {}

    record DeleteAction(List<String> names) implements OnDraft {}

    record MoveAction(String name, Place place) implements OnDraft {}

    record DuplicateAction(String stepName) implements OnDraft {}

    /** @param trigger alone */
    record UpdateTrigger(Trigger trigger) implements OnDraft {}

    record SetSkipAction(List<String> names, boolean skip) implements OnDraft {}

    /** @param conditions null for the empty condition */
    record AddBranch(
            String stepName,
            int branchIndex,
            String branchName,
            @Nullable ArrayNode conditions) implements OnDraft {}

    record DeleteBranch(String stepName, int branchIndex) implements OnDraft {}

    record DuplicateBranch(String stepName, int branchIndex) implements OnDraft {}

    record MoveBranch(String stepName, int sourceBranchIndex, int targetBranchIndex) implements OnDraft {}

    record ChangeName(String displayName) implements OnDraft {}

    /**
     * @param trigger the document as it came, of any schema version; becomes the operation's own
     * @param schemaVersion null for the oldest
     */
    record ImportFlow(
            String displayName,
            ObjectNode trigger,
            @Nullable String schemaVersion,
            List<ObjectNode> notes) implements OnDraft {}

    record LockFlow() implements OnDraft {}

    record AddNote(ObjectNode note) implements OnDraft {}

    record UpdateNote(ObjectNode note) implements OnDraft {}

    record DeleteNote(String id) implements OnDraft {}

    /** Both null: the step's sample data is removed. */
    record UpdateSampleDataInfo(String stepName, @Nullable ObjectNode sampleData) implements OnDraft {}

    record SaveSampleData(String stepName, JsonNode payload, boolean input) implements OnFlow {}

    record UseAsDraft(String versionId) implements OnFlow {}

    record LockAndPublish(boolean enable) implements OnFlow {}

    record ChangeStatus(boolean enable) implements OnFlow {}

    record ChangeFolder(@Nullable String folderId) implements OnFlow {}

    record UpdateMetadata(@Nullable ObjectNode metadata) implements OnFlow {}

    record UpdateMinutesSaved(@Nullable JsonNode timeSavedPerRun) implements OnFlow {}

    record UpdateOwner(String ownerId) implements OnFlow {}

    /**
     * Reads {@code {type, request}}.
     *
     * @throws MillraceException VALIDATION (400) that names the field
     */
    static FlowOperation read(JsonNode body) {
        return OperationReader.read(body);
    }
}
