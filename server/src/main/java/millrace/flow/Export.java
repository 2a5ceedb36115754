package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import millrace.definition.FlowJson;
import millrace.definition.FlowVersion;
import millrace.definition.PieceStep;
import millrace.definition.PieceTrigger;
import millrace.definition.Step;
import millrace.definition.Steps;
import millrace.engine.Json;

/** Makes templates of flows: what belongs to one installation stays there (flow-format §10.2). */
final class Export {
    private Export() {}

    static SharedTemplate template(FlowVersion version) {
        var pieces = new LinkedHashSet<String>();
        for (Step step : Steps.all(version.trigger())) {
            switch (step) {
                case PieceStep piece -> pieces.add(piece.pieceName());
                case PieceTrigger piece -> pieces.add(piece.pieceName());
                default -> {}
            }
        }
        var trigger = Steps.mapSettings(version.trigger(), Export::withoutOwn);
        return SharedTemplate.of(
                version.displayName(),
                pieces.stream().toList(),
                new SharedTemplate.FlowContent(
                        version.displayName(),
                        FlowJson.write(trigger),
                        version.valid(),
                        version.schemaVersion(),
                        version.notes()));
    }

    private static ObjectNode withoutOwn(ObjectNode settings) {
        ObjectNode kept = Json.object();
        for (var entry : settings.properties()) {
            switch (entry.getKey()) {
                case "sampleData" -> {}
                case "input" -> kept.set("input", withoutConnections(entry.getValue()));
                default -> kept.set(entry.getKey(), entry.getValue());
            }
        }
        return kept;
    }

    private static JsonNode withoutConnections(JsonNode value) {
        return switch (value) {
            case ObjectNode object -> {
                ObjectNode kept = Json.object();
                for (var entry : object.properties()) {
                    if (!isConnection(entry.getValue())) {
                        kept.set(entry.getKey(), withoutConnections(entry.getValue()));
                    }
                }
                yield kept;
            }
            case ArrayNode array -> {
                ArrayNode kept = Json.array();
                for (JsonNode item : array) {
                    if (!isConnection(item)) {
                        kept.add(withoutConnections(item));
                    }
                }
                yield kept;
            }
            default -> value;
        };
    }

    private static boolean isConnection(JsonNode value) {
        if (!value.isTextual()) {
            return false;
        }
        String text = value.textValue().strip();
        return text.startsWith("{{") && text.substring(2).stripLeading().startsWith("connections");
    }
}
