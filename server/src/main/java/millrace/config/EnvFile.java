package millrace.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A file of {@code NAME=value} lines. Blanks around the equals sign, an {@code export} before the name, single and
 * double quotes (with line breaks inside), empty lines and {@code #} comments are accepted; double quotes know the
 * escapes backslash-n, -r, -t, -quote and double backslash.
 */
final class EnvFile {
    private static final Pattern NAME = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_.]*)\\s*=\\s*");
    private static final Pattern TRAILING_COMMENT = Pattern.compile("(^|\\s)#.*");

    private EnvFile() {}

    /** The file's values with the environment's on top; no file is an empty one. */
    static Map<String, String> merge(Path file, Map<String, String> environment, List<String> faults) {
        var merged = new HashMap<>(read(file, faults));
        merged.putAll(environment);
        return merged;
    }

    static Map<String, String> read(Path file, List<String> faults) {
        if (!Files.isRegularFile(file)) {
            return Map.of();
        }
        try {
            return parse(Files.readString(file), file.getFileName().toString(), faults);
        } catch (IOException e) {
            faults.add(file + ": can't be read as UTF-8 text (" + e.getMessage() + ")");
            return Map.of();
        }
    }

    /** A line's text never gets into a fault: it may hold a secret. */
    static Map<String, String> parse(String text, String fileName, List<String> faults) {
        var values = new LinkedHashMap<String, String>();
        var rest = new StringBuilder(text.startsWith("\uFEFF") ? text.substring(1) : text);
        var number = 0;
        while (!rest.isEmpty()) {
            number++;
            var line = takeLine(rest).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            var name = NAME.matcher(line);
            if (!name.lookingAt()) {
                faults.add(fileName + " line " + number + ": not NAME=value");
                continue;
            }
            var value = line.substring(name.end());
            if (!value.startsWith("\"") && !value.startsWith("'")) {
                values.put(
                        name.group(1),
                        TRAILING_COMMENT.matcher(value).replaceFirst("").strip());
                continue;
            }
            var began = number;
            while (closing(value) < 0 && !rest.isEmpty()) {
                number++;
                value = value + '\n' + takeLine(rest);
            }
            var end = closing(value);
            var after = end < 0 ? "" : value.substring(end + 1).strip();
            if (end < 0 || !(after.isEmpty() || after.startsWith("#"))) {
                faults.add(fileName + " line " + began + ": the quotes of " + name.group(1) + " don't close");
                continue;
            }
            var inside = value.substring(1, end);
            values.put(name.group(1), value.charAt(0) == '"' ? unescaped(inside) : inside);
        }
        return values;
    }

    private static String takeLine(StringBuilder rest) {
        var end = rest.indexOf("\n");
        var line = end < 0 ? rest.toString() : rest.substring(0, end);
        rest.delete(0, end < 0 ? rest.length() : end + 1);
        return line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
    }

    /** Where the quote that begins the value ends, or -1. */
    private static int closing(String value) {
        var quote = value.charAt(0);
        for (var i = 1; i < value.length(); i++) {
            if (value.charAt(i) == '\\' && quote == '"') {
                i++;
            } else if (value.charAt(i) == quote) {
                return i;
            }
        }
        return -1;
    }

    private static String unescaped(String text) {
        var out = new StringBuilder(text.length());
        for (var i = 0; i < text.length(); i++) {
            var c = text.charAt(i);
            if (c != '\\' || i + 1 == text.length()) {
                out.append(c);
                continue;
            }
            i++;
            switch (text.charAt(i)) {
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case '"' -> out.append('"');
                case '\\' -> out.append('\\');
                default -> out.append('\\').append(text.charAt(i));
            }
        }
        return out.toString();
    }
}
