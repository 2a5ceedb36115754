package millrace.schema;

/**
 * Text without NUL, which PostgreSQL holds in neither text nor jsonb. The private-use character U+E000 escapes: NUL is
 * U+E000 0, and U+E000 itself is U+E000 1. The same on SQLite, so that a database can move.
 */
public final class StorableText {
    private static final char ESCAPE = '\uE000';
    private static final String JSON_NUL = "\\u0000";

    private StorableText() {}

    public static String store(String text) {
        if (text.indexOf('\0') < 0 && text.indexOf(ESCAPE) < 0) {
            return text;
        }
        return text.replace(ESCAPE + "", ESCAPE + "1").replace("\0", ESCAPE + "0");
    }

    static String load(String stored) {
        if (stored.indexOf(ESCAPE) < 0) {
            return stored;
        }
        return stored.replace(ESCAPE + "0", "\0").replace(ESCAPE + "1", ESCAPE + "");
    }

    /** The same for the text of a JSON document, where NUL is an escape sequence of six characters. */
    public static String storeJson(String json) {
        if (!json.contains(JSON_NUL) && json.indexOf(ESCAPE) < 0) {
            return json;
        }
        var stored = new StringBuilder(json.length() + 16);
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            if (c == ESCAPE) {
                stored.append(ESCAPE).append('1');
            } else if (c != '\\') {
                stored.append(c);
            } else if (json.startsWith(JSON_NUL, i)) {
                stored.append(ESCAPE).append('0');
                i += JSON_NUL.length() - 1;
            } else {
                // An escaped character is copied with its backslash: "\\u0000" is a backslash and the text u0000.
                stored.append(c).append(json.charAt(++i));
            }
        }
        return stored.toString();
    }

    public static String loadJson(String stored) {
        if (stored.indexOf(ESCAPE) < 0) {
            return stored;
        }
        return stored.replace(ESCAPE + "0", JSON_NUL).replace(ESCAPE + "1", ESCAPE + "");
    }
}
