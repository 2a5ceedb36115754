package millrace.definition;

import java.util.ArrayList;
import java.util.List;

/**
 * A text cut at its tokens, by counting pairs of braces as the reference does (engine-semantics §5.2): quotes are not
 * understood, an unclosed <code>{{</code> is text up to the end.
 *
 * @param literals the texts before, between and after the tokens: one more than contents
 * @param contents what stands in each token, with the blanks around it
 */
public record Tokens(List<String> literals, List<String> contents) {
    public static Tokens of(String text) {
        var literals = new ArrayList<String>();
        var contents = new ArrayList<String>();
        int copied = 0;
        int start = text.indexOf("{{");
        while (start >= 0) {
            int end = end(text, start);
            if (end < 0) {
                break;
            }
            literals.add(text.substring(copied, start));
            contents.add(text.substring(start + 2, end - 2));
            copied = end;
            start = text.indexOf("{{", end);
        }
        literals.add(text.substring(copied));
        return new Tokens(List.copyOf(literals), List.copyOf(contents));
    }

    /** The place behind the token that starts here, or -1 when it is not closed. */
    private static int end(String text, int start) {
        int depth = 1;
        for (int i = start + 2; i + 1 < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '{' && text.charAt(i + 1) == '{') {
                depth++;
                i++;
            } else if (c == '}' && text.charAt(i + 1) == '}') {
                depth--;
                i++;
                if (depth == 0) {
                    return i + 1;
                }
            }
        }
        return -1;
    }
}
