package millrace.database;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Splits a script into its statements: at semicolons outside of strings, quoted names, comments and dollar quotes. */
final class SqlScript {
    private final String text;
    private int at;

    private SqlScript(String text) {
        this.text = text;
    }

    static List<String> statements(String script) {
        return new SqlScript(script).split();
    }

    /** The words of a statement, on one line, without the comment lines. */
    static String bare(String statement) {
        return statement
                .lines()
                .map(String::strip)
                .filter(line -> !line.startsWith("--"))
                .collect(Collectors.joining(" "))
                .strip();
    }

    private List<String> split() {
        var statements = new ArrayList<String>();
        int start = 0;
        while (at < text.length()) {
            if (text.charAt(at) == ';') {
                add(statements, text.substring(start, at));
                start = ++at;
            } else {
                step();
            }
        }
        add(statements, text.substring(start));
        return statements;
    }

    private static void add(List<String> statements, String statement) {
        var words = statement
                .lines()
                .filter(line -> !line.isBlank() && !line.strip().startsWith("--"));
        if (words.findAny().isPresent()) {
            statements.add(statement.strip());
        }
    }

    /** Past one character, or past all that belongs together. */
    private void step() {
        char c = text.charAt(at);
        if (c == '\'' || c == '"') {
            skipTo(String.valueOf(c), 1);
        } else if (text.startsWith("--", at)) {
            skipTo("\n", 2);
        } else if (text.startsWith("/*", at)) {
            skipTo("*/", 2);
        } else if (c == '$' && dollarTag() != null) {
            var tag = dollarTag();
            skipTo(tag, tag.length());
        } else {
            at++;
        }
    }

    private void skipTo(String end, int from) {
        int found = text.indexOf(end, at + from);
        at = found < 0 ? text.length() : found + end.length();
    }

    private @org.jspecify.annotations.Nullable String dollarTag() {
        int end = text.indexOf('$', at + 1);
        if (end < 0) {
            return null;
        }
        var tag = text.substring(at, end + 1);
        return tag.chars().allMatch(c -> c == '$' || c == '_' || Character.isLetterOrDigit(c)) ? tag : null;
    }
}
