package millrace.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.postgresql.Driver;

/** The yardstick: rows of 1 KB, one an autocommit statement, by so many connections at once. */
final class InsertRate {
    private static final int ROW_CHARACTERS = 1_000;

    private final String url;

    /** @param url as for AP_POSTGRES_URL */
    InsertRate(String url) {
        this.url = url;
    }

    /** Rows a second. */
    double measure(int connections, Duration time) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS bench_yardstick");
            statement.execute("CREATE TABLE bench_yardstick (id text PRIMARY KEY, doc text)");
        }
        try (var threads = Executors.newFixedThreadPool(connections)) {
            var end = System.nanoTime() + time.toNanos();
            var work = IntStream.range(0, connections)
                    .<Callable<Long>>mapToObj(writer -> () -> insertUntil(end, writer))
                    .toList();
            var rows = 0L;
            for (Future<Long> one : threads.invokeAll(work)) {
                rows += one.get();
            }
            return rows / (time.toNanos() / 1e9);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the yardstick could not be measured", e.getCause());
        } finally {
            try (var connection = connect();
                    var statement = connection.createStatement()) {
                statement.execute("DROP TABLE bench_yardstick");
            }
        }
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

    private long insertUntil(long end, int writer) throws SQLException {
        var doc = "x".repeat(ROW_CHARACTERS);
        try (var connection = connect();
                var statement = connection.prepareStatement("INSERT INTO bench_yardstick VALUES (?, ?)")) {
            var rows = 0L;
            while (System.nanoTime() < end) {
                statement.setString(1, writer + "-" + rows);
                statement.setString(2, doc);
                statement.executeUpdate();
                rows++;
            }
            return rows;
        }
    }

    private Connection connect() throws SQLException {
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
