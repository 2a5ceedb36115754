package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import millrace.engine.Json;

/** Copies of steps with names that are free in their flow and references among them renamed (flow-format §9.5). */
final class StepCopies {
    private final Set<String> used = new HashSet<>();
    private final String time;
    private int lowest = 1;

    StepCopies(Trigger root, String time) {
        Steps.walk(root, step -> used.add(step.name()));
        this.time = time;
    }

    /** The step with what is inside it. */
    Action copy(Action step) {
        return copyChain(step.withNext(null));
    }

    /** The step, what is inside it and what follows it. */
    Action copyChain(Action head) {
        var names = new HashMap<String, String>();
        Steps.walk(head, step -> names.computeIfAbsent(step.name(), old -> free()));
        return Objects.requireNonNull(Steps.rewriteChain(
                head, step -> List.of(step.withBody(copy(step.body(), names)))));
    }

    private ObjectNode copy(ObjectNode body, Map<String, String> names) {
        ObjectNode copy = Bodies.copy(body);
        copy.put("name", names.get(body.path("name").asText()));
        copy.put("displayName", body.path("displayName").asText() + " Copy");
        copy.put("lastUpdatedDate", time);
        ObjectNode settings = Bodies.copy(Bodies.object(body, "settings"));
        if (settings.has("sampleData")) {
            settings.set("sampleData", Json.object());
        }
        if (settings.has("input")) {
            settings.set("input", References.mapTexts(settings.get("input"), text -> References.rename(text, names)));
        }
        copy.set("settings", settings);
        return copy;
    }

    private String free() {
        while (!used.add("step_" + lowest)) {
            lowest++;
        }
        return "step_" + lowest;
    }
}
