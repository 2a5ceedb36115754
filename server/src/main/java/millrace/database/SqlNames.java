package millrace.database;

/** Names in statements that an operator is told to run. */
final class SqlNames {
    private SqlNames() {}

    /** In quotes where it needs them. */
    static String quoted(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
    }
}
