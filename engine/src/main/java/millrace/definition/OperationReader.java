package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import millrace.definition.FlowOperation.Location;
import millrace.definition.FlowOperation.Place;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** Reads operations from their JSON; unknown keys are dropped. */
final class OperationReader {
    private static final String AT = "request";
    private static final Set<String> NOTE_COLORS = Set.of("orange", "red", "green", "blue", "purple", "yellow");

    private OperationReader() {}

    static FlowOperation read(JsonNode body) {
        ObjectNode operation = Fields.object(body, "body");
        FlowLimits.checkNesting(operation);
        String type = Fields.text(operation, "type", "body");
        ObjectNode request = Fields.object(operation.get("request"), AT);
        return switch (type) {
            case "ADD_ACTION" ->
                new FlowOperation.AddAction(
                        place(request, "parentStep", "stepLocationRelativeToParent"),
                        action(request.get("action"), AT + ".action"));
            case "UPDATE_ACTION" -> new FlowOperation.UpdateAction(action(request, AT));
            case "DELETE_ACTION" -> new FlowOperation.DeleteAction(Fields.texts(request, "names", AT));
            case "MOVE_ACTION" ->
                new FlowOperation.MoveAction(
                        Fields.text(request, "name", AT),
                        place(request, "newParentStep", "stepLocationRelativeToNewParent"));
            case "DUPLICATE_ACTION" -> new FlowOperation.DuplicateAction(Fields.text(request, "stepName", AT));
            case "UPDATE_TRIGGER" -> new FlowOperation.UpdateTrigger(FlowJson.read(StepSchema.trigger(request, AT)));
            case "SET_SKIP_ACTION" ->
                new FlowOperation.SetSkipAction(Fields.texts(request, "names", AT), Fields.bool(request, "skip", AT));
            case "ADD_BRANCH" ->
                new FlowOperation.AddBranch(
                        Fields.text(request, "stepName", AT),
                        Fields.index(request, "branchIndex", AT),
                        Fields.text(request, "branchName", AT),
                        conditions(request));
            case "DELETE_BRANCH" ->
                new FlowOperation.DeleteBranch(
                        Fields.text(request, "stepName", AT), Fields.index(request, "branchIndex", AT));
            case "DUPLICATE_BRANCH" ->
                new FlowOperation.DuplicateBranch(
                        Fields.text(request, "stepName", AT), Fields.index(request, "branchIndex", AT));
            case "MOVE_BRANCH" ->
                new FlowOperation.MoveBranch(
                        Fields.text(request, "stepName", AT),
                        Fields.index(request, "sourceBranchIndex", AT),
                        Fields.index(request, "targetBranchIndex", AT));
            case "CHANGE_NAME" -> new FlowOperation.ChangeName(Fields.text(request, "displayName", AT));
            case "IMPORT_FLOW" -> importFlow(request);
            case "LOCK_FLOW" -> new FlowOperation.LockFlow();
            case "ADD_NOTE" -> new FlowOperation.AddNote(note(request, AT));
            case "UPDATE_NOTE" -> new FlowOperation.UpdateNote(note(request, AT));
            case "DELETE_NOTE" -> new FlowOperation.DeleteNote(Fields.text(request, "id", AT));
            case "UPDATE_SAMPLE_DATA_INFO" ->
                new FlowOperation.UpdateSampleDataInfo(Fields.text(request, "stepName", AT), sampleData(request));
            case "SAVE_SAMPLE_DATA" ->
                new FlowOperation.SaveSampleData(
                        Fields.text(request, "stepName", AT),
                        request.has("payload") ? request.get("payload") : NullNode.getInstance(),
                        oneOf(request, "type", "INPUT", "OUTPUT"));
            case "USE_AS_DRAFT" -> new FlowOperation.UseAsDraft(Fields.text(request, "versionId", AT));
            case "LOCK_AND_PUBLISH" ->
                new FlowOperation.LockAndPublish(
                        Fields.absent(request, "status") || oneOf(request, "status", "ENABLED", "DISABLED"));
            case "CHANGE_STATUS" -> new FlowOperation.ChangeStatus(oneOf(request, "status", "ENABLED", "DISABLED"));
            case "CHANGE_FOLDER" -> new FlowOperation.ChangeFolder(Fields.optionalText(request, "folderId", AT));
            case "UPDATE_METADATA" ->
                new FlowOperation.UpdateMetadata(
                        Fields.absent(request, "metadata")
                                ? null
                                : Fields.object(request.get("metadata"), AT + ".metadata"));
            case "UPDATE_MINUTES_SAVED" -> new FlowOperation.UpdateMinutesSaved(number(request, "timeSavedPerRun"));
            case "UPDATE_OWNER" -> new FlowOperation.UpdateOwner(Fields.text(request, "ownerId", AT));
            default -> throw Fields.wrong("type", "a known operation");
        };
    }

    private static Action action(@Nullable JsonNode json, String at) {
        ObjectNode body = StepSchema.action(json, at);
        return switch (body.path("type").asText()) {
            case CodeStep.TYPE -> new CodeStep(body, null, null);
            case PieceStep.TYPE -> new PieceStep(body, null, null);
            case LoopStep.TYPE -> new LoopStep(body, null, null);
            default -> new RouterStep(body, List.of(), null);
        };
    }

    private static Place place(ObjectNode request, String parent, String location) {
        String name = Fields.optionalText(request, location, AT);
        Location found = null;
        if (name != null) {
            for (Location known : Location.values()) {
                found = known.name().equals(name) ? known : found;
            }
            if (found == null) {
                throw Fields.wrong(AT + "." + location, "a place of a step");
            }
        }
        return new Place(Fields.text(request, parent, AT), found, Fields.optionalIndex(request, "branchIndex", AT));
    }

    private static @Nullable ArrayNode conditions(ObjectNode request) {
        return Fields.absent(request, "conditions")
                ? null
                : StepSchema.conditions(request.get("conditions"), AT + ".conditions");
    }

    private static FlowOperation importFlow(ObjectNode request) {
        String schemaVersion = Fields.optionalText(request, "schemaVersion", AT);
        ObjectNode trigger = Fields.object(request.get("trigger"), AT + ".trigger");
        var notes = new ArrayList<ObjectNode>();
        if (!Fields.absent(request, "notes")) {
            for (JsonNode note : Fields.array(request.get("notes"), AT + ".notes")) {
                notes.add(importedNote(note));
            }
        }
        return new FlowOperation.ImportFlow(
                Fields.text(request, "displayName", AT), trigger, schemaVersion, List.copyOf(notes));
    }

    private static ObjectNode importedNote(JsonNode json) {
        ObjectNode note = Fields.object(json, AT + ".notes");
        ObjectNode read = note(note, AT + ".notes");
        Fields.copyText(note, "createdAt", read, AT + ".notes");
        Fields.copyText(note, "updatedAt", read, AT + ".notes");
        return read;
    }

    private static ObjectNode note(ObjectNode request, String at) {
        ObjectNode note = Json.object()
                .put("id", Fields.text(request, "id", at))
                .put("content", Fields.text(request, "content", at));
        Fields.copyText(request, "ownerId", note, at);
        String color = Fields.text(request, "color", at);
        if (!NOTE_COLORS.contains(color)) {
            throw Fields.wrong(at + ".color", "one of " + NOTE_COLORS);
        }
        note.put("color", color);
        note.set("position", numbers(request, "position", at, "x", "y"));
        note.set("size", numbers(request, "size", at, "width", "height"));
        return note;
    }

    private static ObjectNode numbers(ObjectNode request, String key, String at, String... names) {
        ObjectNode given = Fields.object(request.get(key), at + "." + key);
        ObjectNode kept = Json.object();
        for (String name : names) {
            JsonNode number = given.get(name);
            if (number == null || !number.isNumber()) {
                throw Fields.wrong(at + "." + key + "." + name, "a number");
            }
            kept.set(name, number);
        }
        return kept;
    }

    private static @Nullable ObjectNode sampleData(ObjectNode request) {
        if (Fields.absent(request, "sampleDataSettings")) {
            return null;
        }
        String at = AT + ".sampleDataSettings";
        ObjectNode given = Fields.object(request.get("sampleDataSettings"), at);
        ObjectNode kept = Json.object();
        Fields.copyText(given, "sampleDataFileId", kept, at);
        Fields.copyText(given, "sampleDataInputFileId", kept, at);
        return kept;
    }

    /** True for the first of two allowed texts. */
    private static boolean oneOf(ObjectNode request, String key, String first, String second) {
        String text = Fields.text(request, key, AT);
        if (!text.equals(first) && !text.equals(second)) {
            throw Fields.wrong(AT + "." + key, first + " or " + second);
        }
        return text.equals(first);
    }

    private static @Nullable JsonNode number(ObjectNode request, String key) {
        if (Fields.absent(request, key)) {
            return null;
        }
        JsonNode number = request.get(key);
        if (!number.isNumber()) {
            throw Fields.wrong(AT + "." + key, "a number");
        }
        return number;
    }
}
