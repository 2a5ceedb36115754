package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the expressions that mean the same in Java and in JavaScript: paths, simple literals and
 * {@code flattenNestedKeys} of them. Whatever it is not sure of becomes {@link Expression.Computed}.
 */
final class ExpressionParser {
    static final String FLATTEN = "flattenNestedKeys";

    /** Names that JavaScript itself gives a meaning; a step of such a name is left to JavaScript as well. */
    private static final Set<String> NOT_PLAIN = Set.of(
            ("arguments await break case catch class const continue debugger default delete do else enum eval export"
                            + " extends finally for function if implements import in instanceof interface let new null"
                            + " package private protected public return static super switch this throw try typeof var"
                            + " void while with yield async globalThis global window self process require module exports"
                            + " console Infinity NaN undefined Math JSON Reflect Intl Atomics WebAssembly Number String"
                            + " Boolean Object Array Symbol BigInt Date RegExp Error EvalError RangeError ReferenceError"
                            + " SyntaxError TypeError URIError AggregateError Map Set WeakMap WeakSet WeakRef Promise"
                            + " Proxy ArrayBuffer SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray"
                            + " Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array"
                            + " BigUint64Array Iterator Buffer performance navigator crypto flattenNestedKeys")
                    .split(" "));

    private final String text;
    private int at;

    private ExpressionParser(String text) {
        this.text = text;
    }

    /** Compiles the trimmed content of a token. */
    static Expression parse(String content) {
        if (content.isEmpty()) {
            return new Expression.Literal(null);
        }
        var parser = new ExpressionParser(content);
        var plain = parser.plain();
        parser.spaces();
        if (plain != null && parser.at == content.length()) {
            return plain;
        }
        return new Expression.Computed(content, Sources.mentionsSecrets(content));
    }

    private @Nullable Expression plain() {
        spaces();
        if (at == text.length()) {
            return null;
        }
        char c = text.charAt(at);
        if (c == '\'' || c == '"') {
            String literal = string();
            return literal == null ? null : new Expression.Literal(TextNode.valueOf(literal));
        }
        if (c >= '0' && c <= '9') {
            String digits = digits();
            return digits == null ? null : new Expression.Literal(number(digits));
        }
        String name = identifier();
        if (name == null) {
            return null;
        }
        return switch (name) {
            case "true" -> new Expression.Literal(BooleanNode.TRUE);
            case "false" -> new Expression.Literal(BooleanNode.FALSE);
            case "null", "undefined" -> new Expression.Literal(null);
            case FLATTEN -> flatten();
            default -> NOT_PLAIN.contains(name) ? null : path(name);
        };
    }

    private Expression.@Nullable Path path(String root) {
        var keys = new ArrayList<Expression.Key>();
        while (true) {
            int before = at;
            spaces();
            // a?.b is a.b here: both end in nothing when a is not there.
            boolean optional = take("?.");
            if (take("[")) {
                String key = bracketKey();
                if (key == null) {
                    return null;
                }
                keys.add(Expression.Key.of(key));
            } else if (optional || take(".")) {
                spaces();
                String key = identifier();
                if (key == null) {
                    return null;
                }
                keys.add(Expression.Key.of(key));
            } else {
                at = before;
                return new Expression.Path(root, List.copyOf(keys));
            }
        }
    }

    private @Nullable String bracketKey() {
        spaces();
        String key;
        if (at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '"')) {
            key = string();
        } else {
            key = digits();
        }
        spaces();
        return take("]") ? key : null;
    }

    private Expression.@Nullable Flatten flatten() {
        spaces();
        if (!take("(")) {
            return null;
        }
        var data = plain();
        spaces();
        if (data == null || !take(",")) {
            return null;
        }
        var keys = strings();
        spaces();
        return keys != null && take(")") ? new Expression.Flatten(data, keys) : null;
    }

    private @Nullable List<String> strings() {
        spaces();
        if (!take("[")) {
            return null;
        }
        var strings = new ArrayList<String>();
        spaces();
        while (!take("]")) {
            String string = string();
            if (string == null) {
                return null;
            }
            strings.add(string);
            spaces();
            if (!take(",") && (at == text.length() || text.charAt(at) != ']')) {
                return null;
            }
            spaces();
        }
        return List.copyOf(strings);
    }

    private @Nullable String identifier() {
        int start = at;
        while (at < text.length() && isNamePart(text.charAt(at), at > start)) {
            at++;
        }
        boolean ended = at == text.length() || (text.charAt(at) < 128 && text.charAt(at) != '\\');
        return at > start && ended ? text.substring(start, at) : null;
    }

    static boolean isNamePart(char c, boolean digits) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || c == '_'
                || c == '$'
                || (digits && c >= '0' && c <= '9');
    }

    /** A whole number that JavaScript reads and prints with the same digits; null for any other. */
    private @Nullable String digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        int length = at - start;
        boolean leadingZero = length > 1 && text.charAt(start) == '0';
        boolean goesOn = at < text.length() && (isNamePart(text.charAt(at), true) || text.charAt(at) == '.');
        return length == 0 || length > 15 || leadingZero || goesOn ? null : text.substring(start, at);
    }

    private static JsonNode number(String digits) {
        long value = Long.parseLong(digits);
        return value <= Integer.MAX_VALUE ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }

    /** A quoted text with the simple escapes; null when there is none or it has others. */
    private @Nullable String string() {
        if (at == text.length()) {
            return null;
        }
        char quote = text.charAt(at);
        if (quote != '\'' && quote != '"') {
            return null;
        }
        var value = new StringBuilder();
        for (int i = at + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == quote) {
                at = i + 1;
                return value.toString();
            }
            if (c == '\n' || c == '\r') {
                return null;
            }
            if (c == '\\') {
                i++;
                int escaped = i < text.length() ? escape(text.charAt(i)) : -1;
                if (escaped < 0) {
                    return null;
                }
                c = (char) escaped;
            }
            value.append(c);
        }
        return null;
    }

    private static int escape(char c) {
        return switch (c) {
            case '\'', '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> -1;
        };
    }

    private void spaces() {
        while (at < text.length() && JsString.isSpace(text.charAt(at))) {
            at++;
        }
    }

    private boolean take(String symbol) {
        if (!text.startsWith(symbol, at)) {
            return false;
        }
        at += symbol.length();
        return true;
    }
}
