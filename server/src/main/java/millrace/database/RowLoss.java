package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What rows a script of a change set drops or rewrites.
 *
 * <p>A script says it itself, in one line of the comment that it begins with: {@code -- loses rows} or
 * {@code -- keeps rows}. One that says neither is believed to lose those of each table that it drops, updates, deletes
 * from, or changes or drops a column of.
 */
final class RowLoss {
    private static final String LOSES = "-- loses rows";
    private static final String KEEPS = "-- keeps rows";
    private static final List<Pattern> STATEMENTS = List.of(
            Pattern.compile("^DROP TABLE (?:IF EXISTS )?\"?(\\w+)", Pattern.CASE_INSENSITIVE),
            Pattern.compile("^(?:DELETE FROM|TRUNCATE(?: TABLE)?) (?:ONLY )?\"?(\\w+)", Pattern.CASE_INSENSITIVE),
            Pattern.compile("^UPDATE (?:OR \\w+ )?(?:ONLY )?\"?(\\w+)", Pattern.CASE_INSENSITIVE),
            Pattern.compile(
                    "^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?\"?(\\w+).*?\\b(?:DROP (?!CONSTRAINT|DEFAULT|NOT NULL)"
                            + "|ALTER (?:COLUMN )?\\S+ (?:SET DATA )?TYPE\\b|DETACH PARTITION\\b).*",
                    Pattern.CASE_INSENSITIVE));

    private RowLoss() {}

    /** Whether the script is declared to lose rows or looks as if it did. */
    static boolean possible(String script) {
        return declares(script, LOSES)
                || !declares(script, KEEPS) && !tables(script).isEmpty();
    }

    /** Whether it would lose rows of this database as it is now. */
    static boolean now(Connection connection, String script) throws SQLException {
        if (!possible(script)) {
            return false;
        }
        var tables = tables(script);
        for (var table : tables) {
            if (hasRows(connection, table)) {
                return true;
            }
        }
        // Of a script that loses rows in a way of its own nobody knows which.
        return tables.isEmpty();
    }

    private static boolean declares(String script, String line) {
        return script.lines().takeWhile(one -> one.startsWith("--")).anyMatch(line::equals);
    }

    static List<String> tables(String script) {
        var tables = new ArrayList<String>();
        for (var statement : SqlScript.statements(script)) {
            var table = table(SqlScript.bare(statement));
            if (table != null) {
                tables.add(table);
            }
        }
        return tables;
    }

    private static @Nullable String table(String statement) {
        for (var pattern : STATEMENTS) {
            var found = pattern.matcher(statement);
            if (found.find()) {
                return found.group(1);
            }
        }
        return null;
    }

    private static boolean hasRows(Connection connection, String table) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT 1 FROM \"" + table + "\" LIMIT 1")) {
            return rows.next();
        } catch (SQLException e) {
            if (Failures.tableMissing(e)) {
                return false;
            }
            throw e;
        }
    }
}
