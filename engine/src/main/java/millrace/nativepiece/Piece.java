package millrace.nativepiece;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An integration: its actions and triggers under the npm name it stands for. It serves every version of that name; the
 * version here is the one that is shown.
 *
 * @param actions by name, in the order shown
 * @param triggers by name, in the order shown
 */
public record Piece(
        String name,
        String displayName,
        String description,
        String version,
        List<String> categories,
        Map<String, ActionDefinition> actions,
        Map<String, TriggerDefinition> triggers) {

    public Piece {
        categories = List.copyOf(categories);
        actions = Collections.unmodifiableMap(new LinkedHashMap<>(actions));
        triggers = Collections.unmodifiableMap(new LinkedHashMap<>(triggers));
    }

    public static Builder piece(String name, String displayName) {
        return new Builder(name, displayName);
    }

    /** The action, or null when the piece has none of this name. */
    public @Nullable ActionDefinition action(String actionName) {
        return actions.get(actionName);
    }

    /** The trigger, or null when the piece has none of this name. */
    public @Nullable TriggerDefinition trigger(String triggerName) {
        return triggers.get(triggerName);
    }

    /** Collects what a piece declares. */
    public static final class Builder {
        private final String name;
        private final String displayName;
        private final List<String> categories = new ArrayList<>();
        private final Map<String, ActionDefinition> actions = new LinkedHashMap<>();
        private final Map<String, TriggerDefinition> triggers = new LinkedHashMap<>();
        private String description = "";
        private String version = "0.0.1";

        private Builder(String name, String displayName) {
            this.name = name;
            this.displayName = displayName;
        }

        public Builder described(String text) {
            description = text;
            return this;
        }

        public Builder version(String shown) {
            version = shown;
            return this;
        }

        public Builder category(String category) {
            categories.add(category);
            return this;
        }

        public Builder action(ActionDefinition action) {
            if (actions.put(action.name(), action) != null) {
                throw new IllegalStateException("two actions " + action.name() + " in " + name);
            }
            return this;
        }

        public Builder trigger(TriggerDefinition trigger) {
            if (triggers.put(trigger.name(), trigger) != null) {
                throw new IllegalStateException("two triggers " + trigger.name() + " in " + name);
            }
            return this;
        }

        public Piece build() {
            return new Piece(name, displayName, description, version, categories, actions, triggers);
        }
    }
}
