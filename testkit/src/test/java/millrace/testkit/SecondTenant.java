package millrace.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Map;

/**
 * A platform beside the first, with an owner and a project of its own. Nobody can sign up for one, so the rows of the
 * first are copied under other ids.
 */
final class SecondTenant {
    private static final String EMAIL = "second@millrace.test";

    private SecondTenant() {}

    /** The second tenant's owner, signed in; made at the first call for a server. */
    static Client of(TestMillrace millrace) throws SQLException {
        var user = id('u');
        var platform = id('p');
        var project = id('j');
        try (var connection = millrace.connection()) {
            if (!exists(connection, user)) {
                copy(connection, "user_identity", Map.of("id", user, "email", EMAIL));
                copy(connection, "\"user\"", Map.of("id", user, "identityId", user, "platformId", platform));
                copy(connection, "platform", Map.of("id", platform, "ownerId", user));
                copy(connection, "platform_plan", Map.of("id", platform, "platformId", platform));
                copy(connection, "project", Map.of("id", project, "platformId", platform, "ownerId", user));
                copy(connection, "project_plan", Map.of("id", project, "projectId", project));
            }
        }
        return Client.user(millrace.base(), EMAIL);
    }

    private static String id(char letter) {
        return String.valueOf(letter).repeat(21);
    }

    private static boolean exists(Connection connection, String user) throws SQLException {
        try (var statement = connection.prepareStatement("SELECT 1 FROM user_identity WHERE id = ?")) {
            statement.setString(1, user);
            return statement.executeQuery().next();
        }
    }

    /** Reads first and writes after it: SQLite does not let a reader wait for the lock to write. */
    private static void copy(Connection connection, String table, Map<String, String> changes) throws SQLException {
        var row = new ArrayList<Object>();
        try (var select = connection.createStatement();
                var rows = select.executeQuery("SELECT * FROM " + table + " LIMIT 1")) {
            if (!rows.next()) {
                return;
            }
            for (var i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                var changed = changes.get(rows.getMetaData().getColumnName(i));
                row.add(changed == null ? rows.getObject(i) : changed);
            }
        }
        var places = "?" + ", ?".repeat(row.size() - 1);
        try (var insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (" + places + ")")) {
            for (var i = 0; i < row.size(); i++) {
                insert.setObject(i + 1, row.get(i));
            }
            insert.executeUpdate();
        }
    }
}
