package millrace.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.postgresql.Driver;

/** The database under the server, asked beside it. */
final class Postgres {
    private final String url;

    /** @param url as for AP_POSTGRES_URL */
    Postgres(String url) {
        this.url = url;
    }

    String url() {
        return url;
    }

    /** One number, as text or any other type. */
    String ask(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Numbers of one row, in the order of its columns. */
    long[] numbers(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            var numbers = new long[rows.getMetaData().getColumnCount()];
            for (var i = 0; i < numbers.length; i++) {
                numbers[i] = rows.getLong(i + 1);
            }
            return numbers;
        }
    }

    /** The first column of all rows, as text. */
    List<String> column(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var values = new ArrayList<String>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    void run(String sql) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    Connection connect() throws SQLException {
        var jdbc = new Jdbc(url);
        var properties = new Properties();
        properties.setProperty("user", jdbc.user());
        properties.setProperty("password", jdbc.password());
        var connection = new Driver().connect(jdbc.url(), properties);
        if (connection == null) {
            throw new SQLException("not a PostgreSQL URL");
        }
        return connection;
    }

    /** The parts of {@code postgresql://user:password@host:port/database}. */
    private record Jdbc(String url, String user, String password) {
        Jdbc(String postgresUrl) {
            this(
                    "jdbc:postgresql://" + postgresUrl.replaceFirst("^postgres(ql)?://([^@/]*@)?", ""),
                    userInfo(postgresUrl)[0],
                    userInfo(postgresUrl)[1]);
        }

        private static String[] userInfo(String url) {
            var info = java.net.URI.create(url).getUserInfo();
            var parts = (info == null ? System.getProperty("user.name") : info).split(":", 2);
            return new String[] {parts[0], parts.length == 2 ? parts[1] : ""};
        }
    }
}
