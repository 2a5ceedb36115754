package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.regex.Pattern;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * The shape of steps in requests (flow-format §4 to §6). {@link #action} and {@link #trigger} check a body and answer
 * it without the keys that requests may not or need not have; the same check says whether an imported step has a valid
 * shape.
 */
final class StepSchema {
    /** npm's names, with its old upper-case ones. */
    static final Pattern PIECE_NAME =
            Pattern.compile("^(@[a-zA-Z0-9~-][a-zA-Z0-9._~-]*/)?[a-zA-Z0-9~-][a-zA-Z0-9._~-]*$");

    static final Pattern PIECE_VERSION = Pattern.compile("^[~^]?\\d+\\.\\d+\\.\\d+$");
    private static final Set<String> ACTION_TYPES =
            Set.of(CodeStep.TYPE, PieceStep.TYPE, LoopStep.TYPE, RouterStep.TYPE);
    private static final Set<String> EXECUTION_TYPES = Set.of("EXECUTE_FIRST_MATCH", "EXECUTE_ALL_MATCH");

    private StepSchema() {}

    /**
     * An action's body as a request may send it, cleaned.
     *
     * @throws MillraceException VALIDATION (400)
     */
    static ObjectNode action(@Nullable JsonNode json, String at) {
        ObjectNode request = Fields.object(json, at);
        String type = Fields.text(request, "type", at);
        if (!ACTION_TYPES.contains(type)) {
            throw Fields.wrong(at + ".type", "CODE, PIECE, LOOP_ON_ITEMS or ROUTER");
        }
        ObjectNode body = common(request, type, at);
        Fields.copyBoolean(request, "skip", body, at);
        String place = at + ".settings";
        ObjectNode settings = Fields.object(request.get("settings"), place);
        ObjectNode cleaned = body.putObject("settings");
        switch (type) {
            case CodeStep.TYPE -> code(settings, cleaned, place);
            case PieceStep.TYPE -> piece(settings, cleaned, "actionName", place);
            case LoopStep.TYPE -> cleaned.put("items", Fields.text(settings, "items", place));
            default -> router(settings, cleaned, place);
        }
        Fields.copyText(settings, "customLogoUrl", cleaned, place);
        return body;
    }

    /**
     * A trigger's body as a request may send it, cleaned.
     *
     * @throws MillraceException VALIDATION (400)
     */
    static ObjectNode trigger(@Nullable JsonNode json, String at) {
        ObjectNode request = Fields.object(json, at);
        String type = Fields.text(request, "type", at);
        ObjectNode body = common(request, type, at);
        switch (type) {
            case EmptyTrigger.TYPE -> {
                JsonNode settings = request.get("settings");
                body.set("settings", settings == null ? Json.object() : settings);
            }
            case PieceTrigger.TYPE -> {
                String place = at + ".settings";
                ObjectNode settings = Fields.object(request.get("settings"), place);
                ObjectNode cleaned = body.putObject("settings");
                piece(settings, cleaned, "triggerName", place);
                Fields.copyText(settings, "customLogoUrl", cleaned, place);
                cleaned.remove("errorHandlingOptions");
                cleaned.remove(OnInDoubt.FIELD);
            }
            default -> throw Fields.wrong(at + ".type", "EMPTY or PIECE_TRIGGER");
        }
        return body;
    }

    /** Whether a step from elsewhere has the shape that a request must have. */
    static boolean fits(Step step) {
        try {
            var body = step instanceof Trigger ? trigger(step.body(), "step") : action(step.body(), "step");
            return !body.isEmpty();
        } catch (MillraceException e) {
            return false;
        }
    }

    private static ObjectNode common(ObjectNode request, String type, String at) {
        ObjectNode body = Json.object();
        body.put("name", Fields.stepName(request, "name", at));
        body.put("displayName", Fields.text(request, "displayName", at));
        body.put("type", type);
        Fields.copyBoolean(request, "valid", body, at);
        return body;
    }

    private static void code(ObjectNode settings, ObjectNode cleaned, String at) {
        ObjectNode source = Fields.object(settings.get("sourceCode"), at + ".sourceCode");
        cleaned.putObject("sourceCode")
                .put("code", Fields.text(source, "code", at + ".sourceCode"))
                .put("packageJson", Fields.text(source, "packageJson", at + ".sourceCode"));
        cleaned.set("input", Fields.object(settings.get("input"), at + ".input"));
        errorHandling(settings, cleaned, at);
    }

    private static void piece(ObjectNode settings, ObjectNode cleaned, String operation, String at) {
        String name = Fields.text(settings, "pieceName", at);
        if (!PIECE_NAME.matcher(name).matches()) {
            throw Fields.wrong(at + ".pieceName", "the name of an npm package");
        }
        String version = Fields.text(settings, "pieceVersion", at);
        if (!PIECE_VERSION.matcher(version).matches()) {
            throw Fields.wrong(at + ".pieceVersion", "a version such as 1.2.3, ~1.2.3 or ^1.2.3");
        }
        cleaned.put("pieceName", name).put("pieceVersion", withoutPrefix(version));
        Fields.copyText(settings, operation, cleaned, at);
        cleaned.set("input", Fields.object(settings.get("input"), at + ".input"));
        ObjectNode properties = Fields.object(settings.get("propertySettings"), at + ".propertySettings");
        ObjectNode cleanedProperties = cleaned.putObject("propertySettings");
        for (var property : properties.properties()) {
            cleanedProperties.set(
                    property.getKey(), property(property.getValue(), at + ".propertySettings." + property.getKey()));
        }
        errorHandling(settings, cleaned, at);
    }

    private static ObjectNode property(JsonNode json, String at) {
        ObjectNode setting = Fields.object(json, at);
        String type = Fields.text(setting, "type", at);
        if (!type.equals("MANUAL") && !type.equals("DYNAMIC")) {
            throw Fields.wrong(at + ".type", "MANUAL or DYNAMIC");
        }
        ObjectNode cleaned = Json.object().put("type", type);
        JsonNode schema = setting.get("schema");
        if (schema != null) {
            cleaned.set("schema", schema);
        }
        return cleaned;
    }

    static String withoutPrefix(String version) {
        return version.startsWith("~") || version.startsWith("^") ? version.substring(1) : version;
    }

    private static void errorHandling(ObjectNode settings, ObjectNode cleaned, String at) {
        Fields.copyText(settings, OnInDoubt.FIELD, cleaned, at);
        if (cleaned.has(OnInDoubt.FIELD)
                && !OnInDoubt.NAMES.contains(cleaned.get(OnInDoubt.FIELD).asText())) {
            throw Fields.wrong(at + "." + OnInDoubt.FIELD, "RETRY, ASK or FAIL");
        }
        JsonNode json = settings.get("errorHandlingOptions");
        if (json == null || json.isNull()) {
            return;
        }
        ObjectNode options = Fields.object(json, at + ".errorHandlingOptions");
        ObjectNode kept = cleaned.putObject("errorHandlingOptions");
        for (String key : new String[] {"continueOnFailure", "retryOnFailure"}) {
            JsonNode option = options.get(key);
            if (option != null && !option.isNull()) {
                String place = at + ".errorHandlingOptions." + key;
                Fields.copyBoolean(Fields.object(option, place), "value", kept.putObject(key), place);
            }
        }
    }

    private static void router(ObjectNode settings, ObjectNode cleaned, String at) {
        ArrayNode branches = Fields.array(settings.get("branches"), at + ".branches");
        ArrayNode cleanedBranches = cleaned.putArray("branches");
        for (JsonNode branch : branches) {
            cleanedBranches.add(branch(branch, at + ".branches[" + cleanedBranches.size() + "]"));
        }
        String executionType = Fields.text(settings, "executionType", at);
        if (!EXECUTION_TYPES.contains(executionType)) {
            throw Fields.wrong(at + ".executionType", "EXECUTE_FIRST_MATCH or EXECUTE_ALL_MATCH");
        }
        cleaned.put("executionType", executionType);
    }

    private static ObjectNode branch(JsonNode json, String at) {
        ObjectNode branch = Fields.object(json, at);
        String type = Fields.text(branch, "branchType", at);
        ObjectNode cleaned = Json.object().put("branchName", Fields.text(branch, "branchName", at));
        switch (type) {
            case "FALLBACK" -> cleaned.put("branchType", type);
            case "CONDITION" -> {
                cleaned.set("conditions", conditions(branch.get("conditions"), at + ".conditions"));
                cleaned.put("branchType", type);
            }
            default -> throw Fields.wrong(at + ".branchType", "CONDITION or FALLBACK");
        }
        return cleaned;
    }

    /** Groups of conditions, each condition with the fields of its operator's family. */
    static ArrayNode conditions(@Nullable JsonNode json, String at) {
        ArrayNode groups = Json.array();
        for (JsonNode group : Fields.array(json, at)) {
            ArrayNode cleaned = groups.addArray();
            for (JsonNode condition : Fields.array(group, at + "[" + (groups.size() - 1) + "]")) {
                cleaned.add(condition(condition, at));
            }
        }
        return groups;
    }

    private static ObjectNode condition(JsonNode json, String at) {
        ObjectNode condition = Fields.object(json, at);
        JsonNode name = condition.get("operator");
        Operator operator = null;
        if (name != null && !name.isNull()) {
            operator = Operator.find(name.asText()).orElseThrow(() -> Fields.wrong(at + ".operator", "an operator"));
        }
        boolean two = operator == null ? condition.has("secondValue") : operator.family() != Operator.Family.SINGLE;
        ObjectNode cleaned = Json.object().put("firstValue", Fields.text(condition, "firstValue", at));
        if (two) {
            cleaned.put("secondValue", Fields.text(condition, "secondValue", at));
        }
        if (two && (operator == null || operator.family() == Operator.Family.TEXT)) {
            Fields.copyBoolean(condition, "caseSensitive", cleaned, at);
        }
        if (operator != null) {
            cleaned.put("operator", operator.name());
        }
        return cleaned;
    }
}
