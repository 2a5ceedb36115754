package millrace.testkit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A new, empty database for one server: the settings that name it. */
public record TestDatabase(Kind kind, Map<String, String> settings) {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** The databases that the same tests run on. */
    public enum Kind {
        SQLITE,
        POSTGRES
    }

    public static TestDatabase create(Kind kind) {
        return switch (kind) {
            case SQLITE -> new TestDatabase(kind, Map.of("AP_DB_TYPE", "SQLITE3"));
            case POSTGRES -> new TestDatabase(kind, Map.of("AP_POSTGRES_URL", newDatabase()));
        };
    }

    private static String newDatabase() {
        var name = "millrace_" + NUMBER.incrementAndGet();
        var server = Embedded.SERVER;
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("the embedded PostgreSQL gives no database", e);
        }
        return "postgresql://postgres@127.0.0.1:" + server.getPort() + "/" + name;
    }

    /** One PostgreSQL a process, durable as in production; it ends with the process. */
    private static final class Embedded {
        static final EmbeddedPostgres SERVER = start();

        private static EmbeddedPostgres start() {
            try {
                return EmbeddedPostgres.builder()
                        .setServerConfig("synchronous_commit", "on")
                        .setServerConfig("fsync", "on")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
