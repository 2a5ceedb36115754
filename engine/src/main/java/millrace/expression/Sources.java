package millrace.expression;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * What a JavaScript source names, found without a parser: words outside of quotes that are no properties. It may name
 * too much (inside template literals, comments and object keys), never too little.
 */
final class Sources {
    private Sources() {}

    static Set<String> names(String source) {
        var names = new LinkedHashSet<String>();
        eachName(source, (name, end) -> names.add(name));
        return names;
    }

    static boolean mentionsSecrets(String source) {
        var names = names(source);
        return names.contains(Expression.Path.CONNECTIONS) || names.contains(Expression.Path.VARIABLES);
    }

    /** The keys that directly follow a root: {@code connections['a']}, {@code connections.b}. */
    static Set<String> keysOf(String source, String root) {
        var keys = new LinkedHashSet<String>();
        eachName(source, (name, end) -> {
            if (name.equals(root)) {
                // The longest plain path at this place; what follows it does not matter here.
                for (int cut = source.length(); cut > end; cut--) {
                    if (ExpressionParser.parse(root + source.substring(end, cut)) instanceof Expression.Path path
                            && !path.keys().isEmpty()) {
                        keys.add(path.keys().getFirst().name());
                        return;
                    }
                }
            }
        });
        return keys;
    }

    private static void eachName(String source, BiConsumer<String, Integer> found) {
        int length = source.length();
        int i = 0;
        while (i < length) {
            char c = source.charAt(i);
            if (c == '\'' || c == '"') {
                i = afterString(source, i);
            } else if (isStart(c)) {
                int start = i;
                while (i < length && (isStart(source.charAt(i)) || Character.isDigit(source.charAt(i)))) {
                    i++;
                }
                if (!isProperty(source, start)) {
                    found.accept(source.substring(start, i), i);
                }
            } else if (Character.isDigit(c)) {
                while (i < length && (isStart(source.charAt(i)) || Character.isDigit(source.charAt(i)))) {
                    i++;
                }
            } else {
                i++;
            }
        }
    }

    private static boolean isStart(char c) {
        return ExpressionParser.isNamePart(c, false);
    }

    private static int afterString(String source, int start) {
        char quote = source.charAt(start);
        for (int i = start + 1; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i + 1;
            } else if (c == '\n') {
                // No string at all (an apostrophe in a regular expression or template): go on behind the quote.
                return start + 1;
            }
        }
        return start + 1;
    }

    private static boolean isProperty(String source, int start) {
        int i = start - 1;
        while (i >= 0 && JsString.isSpace(source.charAt(i))) {
            i--;
        }
        boolean dot = i >= 0 && source.charAt(i) == '.';
        boolean spread = dot && i >= 1 && source.charAt(i - 1) == '.';
        return dot && !spread;
    }
}
