package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One branch of a router.
 *
 * @param fallback true when it holds exactly if no other does
 * @param conditions groups joined by OR, the conditions of a group by AND; empty for a fallback
 */
public record Branch(String name, boolean fallback, List<List<Condition>> conditions) {
    public Branch {
        conditions = List.copyOf(conditions);
    }

    static Branch of(JsonNode json) {
        var groups = new ArrayList<List<Condition>>();
        for (JsonNode group : json.path("conditions")) {
            var conditions = new ArrayList<Condition>();
            group.forEach(condition -> conditions.add(Condition.of(condition)));
            groups.add(List.copyOf(conditions));
        }
        return new Branch(
                json.path("branchName").asText(),
                "FALLBACK".equals(json.path("branchType").asText()),
                groups);
    }
}
