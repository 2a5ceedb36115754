package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import millrace.engine.Json;

/** Pieces as the API shows them (reference/rest-api §9.1), read from the same definitions that run. */
public final class PieceMetadata {
    private PieceMetadata() {}

    /** With all actions, triggers and properties. */
    public static ObjectNode full(Piece piece) {
        var json = common(piece);
        var actions = json.putObject("actions");
        piece.actions().values().forEach(action -> actions.set(action.name(), action(action)));
        var triggers = json.putObject("triggers");
        piece.triggers().values().forEach(trigger -> triggers.set(trigger.name(), trigger(trigger)));
        return json;
    }

    /** With the numbers of actions and triggers. */
    public static ObjectNode summary(Piece piece) {
        return common(piece)
                .put("actions", piece.actions().size())
                .put("triggers", piece.triggers().size());
    }

    public static ObjectNode action(ActionDefinition action) {
        var json = Json.object()
                .put("name", action.name())
                .put("displayName", action.displayName())
                .put("description", action.description());
        json.set("props", properties(action.properties()));
        // No native piece has a connection yet; the first one makes this a part of the definition.
        json.put("requireAuth", false);
        var handling = json.putObject("errorHandlingOptions");
        for (var option : List.of("continueOnFailure", "retryOnFailure")) {
            var shown = handling.putObject(option).put("defaultValue", false);
            if (action.errorHandlingHidden()) {
                shown.put("hide", true);
            }
        }
        return json;
    }

    public static ObjectNode trigger(TriggerDefinition trigger) {
        var json = Json.object()
                .put("name", trigger.name())
                .put("displayName", trigger.displayName())
                .put("description", trigger.description());
        json.set("props", properties(trigger.properties()));
        json.put("requireAuth", false).put("type", trigger.strategy().name()).set("sampleData", trigger.sampleData());
        json.put("testStrategy", testStrategy(trigger));
        json.putObject("handshakeConfiguration").put("strategy", "NONE");
        json.putObject("renewConfiguration").put("strategy", "NONE");
        return json;
    }

    private static String testStrategy(TriggerDefinition trigger) {
        return switch (trigger.strategy()) {
            case POLLING, MANUAL -> "TEST_FUNCTION";
            case WEBHOOK, APP_WEBHOOK -> "SIMULATION";
        };
    }

    private static ObjectNode common(Piece piece) {
        var json = Json.object()
                .put("name", piece.name())
                .put("displayName", piece.displayName())
                .put("description", piece.description())
                .put("logoUrl", logo(piece.displayName()))
                .put("version", piece.version())
                .put("minimumSupportedRelease", "0.0.0")
                .put("maximumSupportedRelease", "99999.99999.9999")
                .put("pieceType", "OFFICIAL")
                .put("packageType", "REGISTRY")
                .put("projectUsage", 0);
        json.putArray("authors").add("millrace");
        var categories = json.putArray("categories");
        piece.categories().forEach(categories::add);
        return json;
    }

    private static ObjectNode properties(Collection<Property> properties) {
        var json = Json.object();
        properties.forEach(property -> json.set(property.name(), property(property)));
        return json;
    }

    private static ObjectNode property(Property property) {
        var json = Json.object()
                .put("type", property.kind().name())
                .put("displayName", property.displayName())
                .put("required", property.mandatory());
        if (property.description() != null) {
            json.put("description", property.description());
        }
        if (property.defaultValue() != null) {
            json.set("defaultValue", property.defaultValue());
        }
        switch (property.kind()) {
            case STATIC_DROPDOWN, STATIC_MULTI_SELECT_DROPDOWN -> json.set("options", options(property));
            case DYNAMIC -> {
                var refreshers = json.putArray("refreshers");
                if (property.refresher() != null) {
                    refreshers.add(property.refresher());
                }
            }
            case MARKDOWN -> json.put("variant", "INFO");
            case ARRAY -> {
                if (!property.items().isEmpty()) {
                    json.set("properties", properties(property.items()));
                }
            }
            case SHORT_TEXT,
                    LONG_TEXT,
                    DROPDOWN,
                    NUMBER,
                    CHECKBOX,
                    SECRET_TEXT,
                    OBJECT,
                    JSON,
                    MULTI_SELECT_DROPDOWN,
                    DATE_TIME,
                    FILE,
                    CUSTOM,
                    COLOR -> {
                // Nothing beyond the common fields.
            }
        }
        return json;
    }

    private static JsonNode options(Property property) {
        var json = Json.object().put("disabled", false);
        var list = json.putArray("options");
        property.options()
                .forEach(option -> list.addObject().put("label", option.label()).set("value", option.value()));
        return json;
    }

    /** A letter in a circle as a data URI: an offline installation has no broken images. */
    private static String logo(String displayName) {
        var letter = displayName.codePoints().filter(Character::isLetterOrDigit).mapToObj(Character::toString);
        var svg = """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><circle cx="24" cy="24" r="24" fill="#4b5563"/>\
                <text x="24" y="32" text-anchor="middle" font-family="sans-serif" font-size="24" fill="#fff">%s</text></svg>""".formatted(letter.findFirst().orElse("?"));
        return "data:image/svg+xml;base64," + Base64.getEncoder().encodeToString(svg.getBytes(StandardCharsets.UTF_8));
    }
}
