package millrace.database;

import java.util.Locale;
import java.util.regex.Pattern;

/** Which lock a statement of a change set takes on tables that are in use, for the operator. */
final class StatementLocks {
    private static final Pattern CREATE_INDEX =
            Pattern.compile("CREATE (UNIQUE )?INDEX (CONCURRENTLY )?.*? ON (ONLY )?(\\S+)");
    private static final Pattern OTHER =
            Pattern.compile("(ALTER TABLE|DROP TABLE|INSERT INTO|UPDATE|DELETE FROM)( IF EXISTS)?( ONLY)? (\\S+)");

    private StatementLocks() {}

    static String of(String statement, Dialect dialect) {
        if (!dialect.postgres()) {
            return "the file, for all who write";
        }
        var text = SqlScript.bare(statement);
        var index = CREATE_INDEX.matcher(text);
        if (index.lookingAt()) {
            return (index.group(2) == null ? "SHARE on " : "SHARE UPDATE EXCLUSIVE on ") + name(index.group(4));
        }
        var other = OTHER.matcher(text);
        if (other.lookingAt()) {
            var mode = switch (other.group(1)) {
                case "ALTER TABLE" ->
                    text.contains(" VALIDATE CONSTRAINT ") ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
                case "DROP TABLE" -> "ACCESS EXCLUSIVE";
                default -> "ROW EXCLUSIVE";
            };
            return mode + " on " + name(other.group(4));
        }
        if (text.startsWith("DROP INDEX")) {
            return "ACCESS EXCLUSIVE on the index and its table";
        }
        var references = text.toUpperCase(Locale.ROOT).contains(" REFERENCES ");
        return references ? "SHARE ROW EXCLUSIVE on the tables that it references" : "none on tables that exist";
    }

    private static String name(String name) {
        return name.replaceAll("\\(.*", "");
    }
}
