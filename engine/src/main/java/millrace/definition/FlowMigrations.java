package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Brings a document of an older schema up to the latest (flow-format §11). Versions that are not listed there differ in
 * their number only. Works on the JSON, because old shapes have no records.
 */
final class FlowMigrations {
    private static final int LATEST = Integer.parseInt(FlowVersion.LATEST_SCHEMA);

    private FlowMigrations() {}

    /**
     * Changes the document in place as far as its steps go; what is inside settings is replaced, not changed.
     *
     * @param schemaVersion null for the oldest
     * @throws MillraceException FLOW_MIGRATION_FAILED
     */
    static void migrate(ObjectNode trigger, @Nullable String schemaVersion, String flowVersionId, Instant now) {
        int version = number(schemaVersion, flowVersionId);
        if (version < 1) {
            each(trigger, FlowMigrations::branchToRouter);
        }
        if (version < 7) {
            each(trigger, FlowMigrations::inputUiInfoToPropertySettings);
        }
        if (version < 18) {
            each(trigger, step -> step.put("lastUpdatedDate", Timestamps.text(now)));
        }
        if (version < 21) {
            each(trigger, FlowMigrations::exactPieceVersion);
        }
        if (version < 22) {
            var names = new HashSet<String>();
            each(trigger, step -> names.add(step.path("name").asText()));
            each(trigger, step -> nestOutputs(step, names));
        }
    }

    private static int number(@Nullable String schemaVersion, String flowVersionId) {
        if (schemaVersion == null) {
            return 0;
        }
        boolean digits = !schemaVersion.isEmpty() && schemaVersion.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits) {
            throw failed(flowVersionId, "the schema version \"" + schemaVersion + "\" is no number");
        }
        var number = new BigInteger(schemaVersion);
        if (number.compareTo(BigInteger.valueOf(LATEST)) > 0) {
            throw failed(
                    flowVersionId,
                    "the schema version " + schemaVersion + " is newer than " + LATEST + ", the newest that is known");
        }
        return number.intValue();
    }

    private static MillraceException failed(String flowVersionId, String message) {
        return MillraceException.of(
                ErrorCode.FLOW_MIGRATION_FAILED, Map.of("flowVersionId", flowVersionId, "message", message));
    }

    private interface StepChange {
        void apply(ObjectNode step);
    }

    private static void each(ObjectNode trigger, StepChange change) {
        var open = new ArrayDeque<JsonNode>();
        open.push(trigger);
        while (!open.isEmpty()) {
            if (!(open.pop() instanceof ObjectNode step)) {
                continue;
            }
            change.apply(step);
            for (JsonNode inner : pointers(step)) {
                open.push(inner);
            }
        }
    }

    private static List<JsonNode> pointers(ObjectNode step) {
        var pointers = new ArrayList<JsonNode>();
        for (String key : new String[] {FlowJson.NEXT, FlowJson.FIRST, "onSuccessAction", "onFailureAction"}) {
            if (step.has(key)) {
                pointers.add(step.get(key));
            }
        }
        step.path(FlowJson.CHILDREN).forEach(pointers::add);
        step.path(FlowJson.BRANCHES).forEach(pointers::add);
        return pointers;
    }

    private static void branchToRouter(ObjectNode step) {
        if (!"BRANCH".equals(step.path("type").asText())) {
            return;
        }
        step.put("type", RouterStep.TYPE);
        ObjectNode settings = Bodies.copy(Bodies.object(step, "settings"));
        JsonNode conditions = settings.remove("conditions");
        ArrayNode branches = settings.putArray("branches");
        branches.addObject()
                .put("branchName", "On Success")
                .put("branchType", "CONDITION")
                .set("conditions", conditions == null ? Json.array() : conditions);
        branches.addObject().put("branchName", "Otherwise").put("branchType", "FALLBACK");
        settings.put("executionType", "EXECUTE_FIRST_MATCH");
        step.set("settings", settings);
        JsonNode success = step.remove("onSuccessAction");
        JsonNode failure = step.remove("onFailureAction");
        ArrayNode children = step.putArray(FlowJson.CHILDREN);
        children.add(success);
        children.add(failure);
    }

    private static void inputUiInfoToPropertySettings(ObjectNode step) {
        if (!(step.path("settings").get("inputUiInfo") instanceof ObjectNode old)) {
            return;
        }
        ObjectNode settings = Bodies.copy(Bodies.object(step, "settings"));
        settings.remove("inputUiInfo");
        if (settings.has("pieceName") && !settings.has("propertySettings")) {
            ObjectNode properties = Json.object();
            for (var input : Bodies.object(settings, "input").properties()) {
                JsonNode customized = old.path("customizedInputs").path(input.getKey());
                boolean dynamic = customized.isBoolean() ? customized.booleanValue() : customized.isContainerNode();
                properties.putObject(input.getKey()).put("type", dynamic ? "DYNAMIC" : "MANUAL");
                JsonNode schema = old.path("schema").get(input.getKey());
                if (schema != null) {
                    Bodies.object(properties, input.getKey()).set("schema", schema);
                }
            }
            settings.set("propertySettings", properties);
        }
        step.set("settings", settings);
    }

    private static void exactPieceVersion(ObjectNode step) {
        JsonNode version = step.path("settings").get("pieceVersion");
        if (version != null && version.isTextual()) {
            step.set(
                    "settings",
                    Bodies.copy(Bodies.object(step, "settings"))
                            .put("pieceVersion", StepSchema.withoutPrefix(version.textValue())));
        }
    }

    private static void nestOutputs(ObjectNode step, Set<String> names) {
        if (!(step.get("settings") instanceof ObjectNode old)) {
            return;
        }
        ObjectNode settings = Bodies.copy(old);
        for (String key : new String[] {"input", "items", "branches"}) {
            JsonNode value = settings.get(key);
            if (value != null) {
                settings.set(key, References.mapTexts(value, text -> References.nestOutputs(text, names)));
            }
        }
        step.set("settings", settings);
    }
}
