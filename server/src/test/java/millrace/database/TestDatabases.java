package millrace.database;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import millrace.config.DatabaseSettings;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import millrace.config.DatabaseSettings.Sqlite;
import millrace.config.DatabaseSettings.Tls;
import millrace.config.Secret;
import org.jspecify.annotations.Nullable;

/**
 * Makes databases of one kind for tests: empty ones, and ones with the schema, copied from a template that is migrated
 * once. On PostgreSQL they belong to a role that can do nothing but own them.
 */
public final class TestDatabases implements AutoCloseable {
    public static final String ROLE = "owner";

    private static final String TEMPLATE = "migrated";

    private final Path folder;
    /** A database is a thousand files, and there are a hundred: a disk takes half a minute to forget them. */
    private static final Path MEMORY = Path.of("/dev/shm");

    private static final long ENOUGH = 8L << 30;

    private final @Nullable EmbeddedPostgres server;
    private final AtomicInteger made = new AtomicInteger();

    private TestDatabases(Path folder, @Nullable EmbeddedPostgres server) {
        this.folder = folder;
        this.server = server;
    }

    static TestDatabases start(DatabaseKind kind) {
        try {
            var databases = new TestDatabases(
                    Files.createTempDirectory("millrace-test"), kind.postgres() ? server(kind) : null);
            databases.admin("CREATE ROLE " + ROLE + " LOGIN PASSWORD 'p@ss:/?#%'");
            try (var template = Database.open(databases.empty(TEMPLATE))) {
                template.prepare();
            }
            return databases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static EmbeddedPostgres server(DatabaseKind kind) throws IOException {
        var builder =
                EmbeddedPostgres.builder().setServerConfig("fsync", "off").setServerConfig("max_connections", "100");
        if (Files.isDirectory(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > ENOUGH) {
            builder.setDataDirectory(Files.createTempDirectory(MEMORY, "millrace-test"));
        }
        if (kind == DatabaseKind.POSTGRES_NEWEST) {
            builder.setPgBinaryResolver(newest());
        }
        return builder.start();
    }

    /** The class path holds one version, the oldest that we support; the build unpacks the newest beside it. */
    private static PgBinaryResolver newest() {
        return (system, hardware) -> Files.newInputStream(Path.of(
                "target", "postgres-newest", "postgres-" + system.toLowerCase(Locale.ROOT) + "-" + hardware + ".txz"));
    }

    /** A database with nothing in it. */
    public DatabaseSettings empty() {
        return empty("empty" + made.incrementAndGet());
    }

    /** A database with the schema and nothing else in it. */
    public DatabaseSettings migrated() {
        var name = "copy" + made.incrementAndGet();
        if (server != null) {
            admin("CREATE DATABASE " + name + " OWNER " + ROLE + " TEMPLATE " + TEMPLATE);
            return settings(name);
        }
        try {
            Files.copy(file(TEMPLATE), file(name));
            return new Sqlite(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a statement as the superuser of the PostgreSQL server; nothing on SQLite. */
    public void admin(String sql) {
        if (server == null) {
            return;
        }
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The same in another database of the server, that the superuser is connected to. */
    public void adminOf(Postgres settings, String sql) {
        try (var connection = Objects.requireNonNull(server)
                        .getDatabase("postgres", settings.database())
                        .getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The same database as another role. */
    public static Postgres as(Postgres settings, String user, String password) {
        return copy(settings, settings.database(), user, new Secret(password));
    }

    /** Another database of the same server. */
    public static Postgres in(Postgres settings, String database) {
        return copy(settings, database, settings.user(), settings.password());
    }

    /** The same with so many connections. */
    public static Postgres sized(Postgres settings, int connections) {
        return copy(settings, settings.database(), settings.user(), settings.password(), connections);
    }

    private static Postgres copy(Postgres from, String database, String user, @Nullable Secret password) {
        return copy(from, database, user, password, from.poolSize());
    }

    private static Postgres copy(
            Postgres from, String database, String user, @Nullable Secret password, int connections) {
        return new Postgres(
                from.hosts(),
                database,
                user,
                password,
                from.tls(),
                from.parameters(),
                connections,
                from.idleTimeout(),
                from.connectTimeout(),
                from.acquireTimeout(),
                null);
    }

    private DatabaseSettings empty(String name) {
        admin("CREATE DATABASE " + name + " OWNER " + ROLE);
        return server == null ? new Sqlite(file(name)) : settings(name);
    }

    private Path file(String name) {
        return folder.resolve(name + ".db");
    }

    private Postgres settings(String database) {
        return new Postgres(
                List.of(new Host("localhost", Objects.requireNonNull(server).getPort())),
                database,
                ROLE,
                new Secret("p@ss:/?#%"),
                new Tls("disable", null, null, null),
                Map.of(),
                10,
                Duration.ofMinutes(5),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                null);
    }

    @Override
    public void close() throws IOException {
        if (server != null) {
            server.close();
        }
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
