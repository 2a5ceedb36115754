package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import millrace.engine.Json;

/** What the texts of a document refer to, and how they are rewritten. */
final class References {
    private References() {}

    /** External ids of connections in a step's {@code auth}: <code>{{connections['a']}}</code> or a list of them. */
    static Set<String> connections(Step step) {
        var found = new LinkedHashSet<String>();
        String auth = step.input().path("auth").asText().trim();
        if (!auth.startsWith("{{") || !auth.endsWith("}}")) {
            return found;
        }
        String content = auth.substring(2, auth.length() - 2).trim();
        if (!content.startsWith("connections[") || !content.endsWith("]")) {
            return found;
        }
        for (String name :
                content.substring("connections[".length(), content.length() - 1).split(",")) {
            String quoted = name.trim();
            if (quoted.length() > 2 && quoted.startsWith("'") && quoted.endsWith("'")) {
                found.add(quoted.substring(1, quoted.length() - 1));
            }
        }
        return found;
    }

    /** The tree with each text replaced; keys stay. Parts without change are shared. */
    static JsonNode mapTexts(JsonNode value, UnaryOperator<String> function) {
        return switch (value) {
            case TextNode text -> {
                String mapped = function.apply(text.textValue());
                yield mapped.equals(text.textValue()) ? text : TextNode.valueOf(mapped);
            }
            case ObjectNode object -> {
                ObjectNode mapped = Json.object();
                object.properties().forEach(entry -> mapped.set(entry.getKey(), mapTexts(entry.getValue(), function)));
                yield mapped;
            }
            case ArrayNode array -> {
                ArrayNode mapped = Json.array();
                array.forEach(item -> mapped.add(mapTexts(item, function)));
                yield mapped;
            }
            default -> value;
        };
    }

    /** The text with whole words renamed between <code>{{</code> and the first <code>}}</code> behind it. */
    static String rename(String text, Map<String, String> names) {
        var renamed = new StringBuilder();
        int copied = 0;
        int start = text.indexOf("{{");
        while (start >= 0) {
            int end = text.indexOf("}}", start + 2);
            if (end < 0) {
                break;
            }
            renamed.append(text, copied, start).append("{{");
            renameWords(text.substring(start + 2, end), names, renamed);
            copied = end;
            start = text.indexOf("{{", end + 2);
        }
        return renamed.append(text, copied, text.length()).toString();
    }

    private static void renameWords(String content, Map<String, String> names, StringBuilder renamed) {
        int i = 0;
        while (i < content.length()) {
            int start = i;
            while (i < content.length() && isWord(content.charAt(i))) {
                i++;
            }
            if (i > start) {
                String word = content.substring(start, i);
                renamed.append(names.getOrDefault(word, word));
            } else {
                renamed.append(content.charAt(i));
                i++;
            }
        }
    }

    private static boolean isWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    }

    /**
     * The text with {@code ['output']} behind each free identifier of the names within its tokens: what schema 22 made
     * of {@code step_1.x}. Properties, keys of object literals and quoted texts stay.
     */
    static String nestOutputs(String text, Set<String> names) {
        var tokens = Tokens.of(text);
        if (tokens.contents().isEmpty()) {
            return text;
        }
        var rewritten = new StringBuilder(tokens.literals().getFirst());
        for (int i = 0; i < tokens.contents().size(); i++) {
            rewritten
                    .append("{{")
                    .append(nestInSource(tokens.contents().get(i), names))
                    .append("}}");
            rewritten.append(tokens.literals().get(i + 1));
        }
        return rewritten.toString();
    }

    private static String nestInSource(String source, Set<String> names) {
        var rewritten = new StringBuilder();
        int i = 0;
        while (i < source.length()) {
            char c = source.charAt(i);
            int start = i;
            if (c == '\'' || c == '"') {
                i = afterQuote(source, i);
                rewritten.append(source, start, i);
            } else if (isWord(c) || c == '$') {
                while (i < source.length() && (isWord(source.charAt(i)) || source.charAt(i) == '$')) {
                    i++;
                }
                String word = source.substring(start, i);
                rewritten.append(word);
                if (names.contains(word) && isFree(source, start, i)) {
                    rewritten.append("['output']");
                }
            } else {
                rewritten.append(c);
                i++;
            }
        }
        return rewritten.toString();
    }

    private static int afterQuote(String source, int start) {
        for (int i = start + 1; i < source.length(); i++) {
            if (source.charAt(i) == '\\') {
                i++;
            } else if (source.charAt(i) == source.charAt(start)) {
                return i + 1;
            }
        }
        return source.length();
    }

    private static boolean isFree(String source, int start, int end) {
        int before = start - 1;
        while (before >= 0 && Character.isWhitespace(source.charAt(before))) {
            before--;
        }
        int after = end;
        while (after < source.length() && Character.isWhitespace(source.charAt(after))) {
            after++;
        }
        char left = before < 0 ? ' ' : source.charAt(before);
        char right = after == source.length() ? ' ' : source.charAt(after);
        boolean property = left == '.' && !(before >= 1 && source.charAt(before - 1) == '.');
        boolean key = right == ':' && (left == '{' || left == ',');
        return !property && !key;
    }
}
