package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import millrace.definition.Tokens;
import millrace.engine.Json;

/**
 * A compiled input value: any JSON tree whose texts may hold tokens (engine-semantics §5). Compiled once per flow
 * version, then shared by all threads.
 *
 * <p>Plain paths are evaluated here. The sources that need JavaScript are handed out by {@link #computed}; whoever
 * resolves the template evaluates them and hands in the results. Results share unchanged parts with the template and
 * with the scope's values, so they are read, never changed.
 *
 * <p>Texts with formula segments ({@code ap-formula-v1::}) are left as they are.
 */
public final class Template {
    static final String REDACTED = "**REDACTED**";
    static final TextNode EMPTY = TextNode.valueOf("");
    private static final TextNode REDACTED_NODE = TextNode.valueOf(REDACTED);
    private static final String FORMULA = "ap-formula-v1::{";

    private final Node root;
    private final List<String> computed;
    private final List<String> computedSecrets;
    private final Set<String> names;
    private final Set<String> connectionNames;
    private final Set<String> variableNames;

    private Template(Node root) {
        this.root = root;
        var sources = new LinkedHashSet<String>();
        var secretSources = new LinkedHashSet<String>();
        var found = new LinkedHashSet<String>();
        var connections = new LinkedHashSet<String>();
        var variables = new LinkedHashSet<String>();
        var expressions = new ArrayList<Expression>();
        collect(root, expressions);
        for (Expression expression : expressions) {
            switch (plainPart(expression)) {
                case Expression.Path path -> {
                    found.add(path.root());
                    if (!path.keys().isEmpty()) {
                        String key = path.keys().getFirst().name();
                        if (Expression.Path.CONNECTIONS.equals(path.root())) {
                            connections.add(key);
                        } else if (Expression.Path.VARIABLES.equals(path.root())) {
                            variables.add(key);
                        }
                    }
                }
                case Expression.Computed source -> {
                    sources.add(source.source());
                    if (source.secret()) {
                        secretSources.add(source.source());
                    }
                    found.addAll(Sources.names(source.source()));
                    connections.addAll(Sources.keysOf(source.source(), Expression.Path.CONNECTIONS));
                    variables.addAll(Sources.keysOf(source.source(), Expression.Path.VARIABLES));
                }
                case Expression.Literal literal -> {}
                case Expression.Flatten flatten -> {}
            }
        }
        this.computed = List.copyOf(sources);
        this.computedSecrets = List.copyOf(secretSources);
        this.names = Set.copyOf(found);
        this.connectionNames = Set.copyOf(connections);
        this.variableNames = Set.copyOf(variables);
    }

    private static Expression plainPart(Expression expression) {
        return expression instanceof Expression.Flatten flatten ? plainPart(flatten.data()) : expression;
    }

    public static Template of(JsonNode value) {
        return new Template(compile(value));
    }

    /** Distinct JavaScript sources that plain Java can't evaluate, in order. */
    public List<String> computed() {
        return computed;
    }

    /** Those of {@link #computed} that mention connections or variables: all that {@link #refill} needs. */
    public List<String> computedSecrets() {
        return computedSecrets;
    }

    /**
     * Free root identifiers: step names, {@code trigger}, {@code connections}, {@code variables} and, in computed
     * sources, any other word that could be one.
     */
    public Set<String> names() {
        return names;
    }

    /** External ids of the connections that tokens name literally, in paths and in computed sources. */
    public Set<String> connectionNames() {
        return connectionNames;
    }

    /** Names of the variables that tokens name literally, in paths and in computed sources. */
    public Set<String> variableNames() {
        return variableNames;
    }

    /** True when a token can depend on a connection or a variable. */
    public boolean mentionsSecrets() {
        return root.secret();
    }

    /** True when nothing in it depends on anything: it resolves to the value it was compiled from. */
    public boolean constant() {
        return root instanceof Constant;
    }

    /**
     * The value by the rules of engine-semantics §5.3.
     *
     * @param computed the host's result for each source of {@link #computed}; absent is undefined, so an empty text
     * @throws ReferenceFailure when a connection can't be had
     */
    public JsonNode resolve(Scope scope, Map<String, JsonNode> computed) {
        return root.resolve(new Resolution(scope, computed, false));
    }

    /** Like {@link #resolve}, with every token that mentions connections or variables as {@code **REDACTED**}. */
    public JsonNode censored(Scope scope, Map<String, JsonNode> computed) {
        return root.resolve(new Resolution(scope, computed, true));
    }

    /**
     * A journalled, censored input as it was before censoring: only the texts that mention secrets are evaluated anew.
     *
     * @param computed results for {@link #computedSecrets}
     */
    public JsonNode refill(JsonNode journalled, Scope scope, Map<String, JsonNode> computed) {
        return root.refill(journalled, new Resolution(scope, computed, false));
    }

    /**
     * A censored value that somebody has edited, with its secrets: wherever it still holds the censor's mark, it gets
     * what stands there in {@code resolved}.
     */
    public static JsonNode restored(JsonNode edited, JsonNode resolved) {
        if (REDACTED_NODE.equals(edited)) {
            return resolved.isMissingNode() ? edited : resolved;
        }
        if (edited.isObject()) {
            var object = Json.object();
            edited.properties()
                    .forEach(field ->
                            object.set(field.getKey(), restored(field.getValue(), resolved.path(field.getKey()))));
            return object;
        }
        if (edited.isArray()) {
            var list = Json.array();
            for (int i = 0; i < edited.size(); i++) {
                list.add(restored(edited.get(i), resolved.path(i)));
            }
            return list;
        }
        return edited;
    }

    private record Resolution(Scope scope, Map<String, JsonNode> computed, boolean censor) {
        JsonNode value(Expression expression) {
            if (censor && expression.secret()) {
                return REDACTED_NODE;
            }
            JsonNode value = expression.value(scope, computed);
            return value == null || value.isNull() || value.isMissingNode() ? EMPTY : value;
        }
    }

    private sealed interface Node {
        JsonNode resolve(Resolution resolution);

        JsonNode refill(JsonNode journalled, Resolution resolution);

        boolean secret();
    }

    private record Constant(JsonNode value) implements Node {
        @Override
        public JsonNode resolve(Resolution resolution) {
            return value;
        }

        @Override
        public JsonNode refill(JsonNode journalled, Resolution resolution) {
            return value;
        }

        @Override
        public boolean secret() {
            return false;
        }
    }

    /**
     * A text with tokens.
     *
     * @param literals the texts before, between and after the tokens: one more than tokens
     * @param raw the text is exactly one token, whose value stays what it is
     * @param lists a flattenNestedKeys token stands among other text (engine-semantics §5.6)
     */
    private record Text(List<String> literals, List<Expression> tokens, boolean raw, boolean lists, boolean secret)
            implements Node {
        @Override
        public JsonNode resolve(Resolution resolution) {
            if (raw) {
                return resolution.value(tokens.getFirst());
            }
            return lists ? resolveLists(resolution) : resolveText(resolution);
        }

        private JsonNode resolveText(Resolution resolution) {
            var text = new StringBuilder(literals.getFirst());
            for (int i = 0; i < tokens.size(); i++) {
                append(text, resolution.value(tokens.get(i)));
                text.append(literals.get(i + 1));
            }
            return TextNode.valueOf(text.toString());
        }

        private ArrayNode resolveLists(Resolution resolution) {
            var values = new ArrayList<JsonNode>(tokens.size());
            int length = 0;
            for (Expression token : tokens) {
                JsonNode value = resolution.value(token);
                values.add(value);
                length = value.isArray() ? Math.max(length, value.size()) : length;
            }
            ArrayNode texts = Json.array();
            for (int row = 0; row < length; row++) {
                var text = new StringBuilder(literals.getFirst());
                for (int i = 0; i < values.size(); i++) {
                    JsonNode value = values.get(i);
                    append(text, !value.isArray() ? value : row < value.size() ? value.get(row) : EMPTY);
                    text.append(literals.get(i + 1));
                }
                texts.add(text.toString());
            }
            return texts;
        }

        private static void append(StringBuilder text, JsonNode value) {
            if (value.isTextual()) {
                text.append(value.textValue());
            } else {
                JsonText.append(text, value);
            }
        }

        @Override
        public JsonNode refill(JsonNode journalled, Resolution resolution) {
            return secret ? resolve(resolution) : journalled;
        }
    }

    private record Fields(List<String> keys, List<Node> values, boolean secret) implements Node {
        @Override
        public JsonNode resolve(Resolution resolution) {
            ObjectNode object = Json.object();
            for (int i = 0; i < keys.size(); i++) {
                object.set(keys.get(i), values.get(i).resolve(resolution));
            }
            return object;
        }

        @Override
        public JsonNode refill(JsonNode journalled, Resolution resolution) {
            if (!secret || !journalled.isObject()) {
                return secret ? resolve(resolution) : journalled;
            }
            ObjectNode object = Json.object();
            for (int i = 0; i < keys.size(); i++) {
                JsonNode kept = journalled.get(keys.get(i));
                object.set(
                        keys.get(i),
                        kept == null
                                ? values.get(i).resolve(resolution)
                                : values.get(i).refill(kept, resolution));
            }
            return object;
        }
    }

    private record Items(List<Node> items, boolean secret) implements Node {
        @Override
        public JsonNode resolve(Resolution resolution) {
            ArrayNode array = Json.array();
            items.forEach(item -> array.add(item.resolve(resolution)));
            return array;
        }

        @Override
        public JsonNode refill(JsonNode journalled, Resolution resolution) {
            if (!secret || !journalled.isArray() || journalled.size() != items.size()) {
                return secret ? resolve(resolution) : journalled;
            }
            ArrayNode array = Json.array();
            for (int i = 0; i < items.size(); i++) {
                array.add(items.get(i).refill(journalled.get(i), resolution));
            }
            return array;
        }
    }

    private static Node compile(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> compileText(value);
            case OBJECT -> compileFields(value);
            case ARRAY -> compileItems(value);
            default -> new Constant(value);
        };
    }

    private static Node compileFields(JsonNode object) {
        var keys = new ArrayList<String>();
        var values = new ArrayList<Node>();
        boolean constant = true;
        boolean secret = false;
        for (var entry : object.properties()) {
            Node value = compile(entry.getValue());
            keys.add(entry.getKey());
            values.add(value);
            constant &= value instanceof Constant;
            secret |= value.secret();
        }
        return constant ? new Constant(object) : new Fields(List.copyOf(keys), List.copyOf(values), secret);
    }

    private static Node compileItems(JsonNode array) {
        var items = new ArrayList<Node>();
        boolean constant = true;
        boolean secret = false;
        for (JsonNode item : array) {
            Node compiled = compile(item);
            items.add(compiled);
            constant &= compiled instanceof Constant;
            secret |= compiled.secret();
        }
        return constant ? new Constant(array) : new Items(List.copyOf(items), secret);
    }

    private static Node compileText(JsonNode value) {
        String text = value.textValue();
        if (text.indexOf("{{") < 0 || text.contains(FORMULA)) {
            return new Constant(value);
        }
        var tokens = Tokens.of(text);
        if (tokens.contents().isEmpty()) {
            return new Constant(value);
        }
        var expressions = new ArrayList<Expression>();
        boolean flattens = false;
        boolean secret = false;
        for (String token : tokens.contents()) {
            String content = JsString.trim(token);
            Expression expression = ExpressionParser.parse(content);
            expressions.add(expression);
            flattens |= content.startsWith(ExpressionParser.FLATTEN + "(");
            secret |= expression.secret();
        }
        boolean raw = expressions.size() == 1
                && JsString.trim(tokens.literals().getFirst()).isEmpty()
                && JsString.trim(tokens.literals().getLast()).isEmpty();
        return new Text(tokens.literals(), List.copyOf(expressions), raw, flattens && !raw, secret);
    }

    private static void collect(Node node, List<Expression> found) {
        switch (node) {
            case Constant constant -> {}
            case Text text -> found.addAll(text.tokens());
            case Fields fields -> fields.values().forEach(value -> collect(value, found));
            case Items items -> items.items().forEach(item -> collect(item, found));
        }
    }
}
