package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** The compiled content of one token. Answers null for JavaScript's undefined and for what throws. */
sealed interface Expression {
    @Nullable
    JsonNode value(Scope scope, Map<String, JsonNode> computed);

    /** True when the value can depend on a connection or a variable. */
    boolean secret();

    /** A constant; null is undefined. */
    record Literal(@Nullable JsonNode constant) implements Expression {
        @Override
        public @Nullable JsonNode value(Scope scope, Map<String, JsonNode> computed) {
            return constant;
        }

        @Override
        public boolean secret() {
            return false;
        }
    }

    /** Needs JavaScript: its value is looked up among those that a host has computed. */
    record Computed(String source, boolean secret) implements Expression {
        @Override
        public @Nullable JsonNode value(Scope scope, Map<String, JsonNode> computed) {
            return computed.get(source);
        }
    }

    /** A name followed by keys: {@code trigger['output'].body.items[0]}. */
    record Path(String root, List<Key> keys) implements Expression {
        static final String CONNECTIONS = "connections";
        static final String VARIABLES = "variables";

        @Override
        public @Nullable JsonNode value(Scope scope, Map<String, JsonNode> computed) {
            boolean connection = CONNECTIONS.equals(root);
            if (!connection && !VARIABLES.equals(root)) {
                return follow(scope.root(root), 0);
            }
            if (keys.isEmpty() || keys.getFirst().name().isEmpty()) {
                return null;
            }
            String name = keys.getFirst().name();
            return follow(connection ? scope.connection(name) : scope.variable(name), 1);
        }

        private @Nullable JsonNode follow(@Nullable JsonNode start, int from) {
            JsonNode value = start;
            for (int i = from; i < keys.size() && value != null; i++) {
                value = keys.get(i).of(value);
            }
            return value;
        }

        @Override
        public boolean secret() {
            return CONNECTIONS.equals(root) || VARIABLES.equals(root);
        }
    }

    /**
     * A key of a path. Own properties only: {@code __proto__} and {@code constructor} are data or not there.
     *
     * @param index the name as an array index, or -1
     */
    record Key(String name, int index) {
        static Key of(String name) {
            return new Key(name, indexOf(name));
        }

        @Nullable
        JsonNode of(JsonNode value) {
            return switch (value.getNodeType()) {
                case OBJECT -> value.get(name);
                case ARRAY ->
                    index >= 0 ? value.get(index) : "length".equals(name) ? IntNode.valueOf(value.size()) : null;
                case STRING -> ofText(value.textValue());
                default -> null;
            };
        }

        private @Nullable JsonNode ofText(String text) {
            if (index >= 0) {
                return index < text.length() ? TextNode.valueOf(text.substring(index, index + 1)) : null;
            }
            return "length".equals(name) ? IntNode.valueOf(text.length()) : null;
        }

        /** Nine digits are enough: no list in memory is longer. */
        private static int indexOf(String name) {
            int length = name.length();
            if (length == 0 || length > 9 || (length > 1 && name.charAt(0) == '0')) {
                return -1;
            }
            int index = 0;
            for (int i = 0; i < length; i++) {
                char c = name.charAt(i);
                if (c < '0' || c > '9') {
                    return -1;
                }
                index = index * 10 + (c - '0');
            }
            return index;
        }
    }

    /** {@code flattenNestedKeys(data, ['a','b'])} of plain arguments (engine-semantics §5.6). */
    record Flatten(Expression data, List<String> keys) implements Expression {
        @Override
        public JsonNode value(Scope scope, Map<String, JsonNode> computed) {
            ArrayNode found = Json.array();
            JsonNode start = data.value(scope, computed);
            if (start != null) {
                collect(start, 0, found);
            }
            return found;
        }

        private void collect(JsonNode value, int key, ArrayNode found) {
            if (value.isArray()) {
                value.forEach(item -> collect(item, key, found));
            } else if (value.isObject()) {
                JsonNode inner = key < keys.size() ? value.get(keys.get(key)) : null;
                if (inner != null) {
                    collect(inner, key + 1, found);
                }
            } else if (key == keys.size() && !value.isNull()) {
                found.add(value);
            }
        }

        @Override
        public boolean secret() {
            return data.secret();
        }
    }
}
