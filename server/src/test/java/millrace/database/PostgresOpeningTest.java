package millrace.database;

import static millrace.schema.Tables.PROCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import jdk.net.ExtendedSocketOptions;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import millrace.config.DatabaseSettings.Tls;
import millrace.config.Secret;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PostgresOpeningTest {
    @OnBothDatabases
    void a_wrong_password_ends_in_one_line_without_it(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        databases.admin("ALTER SYSTEM SET password_encryption = 'scram-sha-256'");
        var settings = (Postgres) databases.migrated();

        assertThatThrownBy(() -> Database.open(TestDatabases.as(settings, "nobody", "s3cret")))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining(settings.place())
                .hasMessageContaining("nobody")
                .hasMessageNotContainingAny("s3cret", "\n");
    }

    @OnBothDatabases
    void an_unknown_database_is_named(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var known = (Postgres) databases.migrated();

        assertThatThrownBy(() -> Database.open(TestDatabases.in(known, "elsewhere")))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("elsewhere")
                .hasMessageContaining("AP_POSTGRES_DATABASE");
    }

    @OnBothDatabases
    void connections_carry_the_programs_name_and_their_purpose(Database database, DatabaseKind kind) throws Exception {
        Assumptions.assumeTrue(kind.postgres());
        try (var connection = database.dedicated("notifier");
                var statement = connection.createStatement();
                var row = statement.executeQuery("SHOW application_name")) {
            row.next();
            assertThat(row.getString(1)).isEqualTo("millrace:notifier");
            assertThat(connection.getAutoCommit()).isTrue();
        }
        assertThat(database.<String>read(
                        tx -> tx.sql().resultQuery("SHOW application_name").fetchSingle(0, String.class)))
                .isEqualTo("millrace");
    }

    @OnBothDatabases
    void a_rollback_is_refused_while_a_server_shows_signs_of_life(TestDatabases databases, DatabaseKind kind) {
        Assumptions.assumeTrue(kind.postgres());
        var settings = databases.migrated();
        try (var server = Database.open(settings)) {
            server.transact(tx -> tx.sql()
                    .insertInto(PROCESS, PROCESS.ID, PROCESS.NAME)
                    .values("process", "test")
                    .execute());

            assertThatThrownBy(() -> SchemaCommands.rollback(settings, Safeguard.NONE, 1))
                    .isInstanceOf(DatabaseRefusal.class)
                    .hasMessageContaining("stop it first");

            server.transact(tx -> tx.sql()
                    .update(PROCESS)
                    .set(PROCESS.HEARTBEAT, tx.dialect().nowPlus(Duration.ofMinutes(-1)))
                    .execute());
        }
        assertThat(SchemaCommands.rollback(settings, Safeguard.NONE, 2)).hasSize(2);
        assertThat(SchemaCommands.migrate(settings, Safeguard.NONE)).hasSize(2);
    }

    @OnBothDatabases
    void a_server_that_is_not_there_yet_is_waited_for(DatabaseKind kind) throws Exception {
        Assumptions.assumeTrue(kind == DatabaseKind.POSTGRES_14);
        int port;
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var settings = new Postgres(
                List.of(new Host("localhost", port)),
                "postgres",
                "postgres",
                null,
                new Tls("disable", null, null, null),
                Map.of(),
                3,
                Duration.ofMinutes(5),
                Duration.ofMinutes(2),
                Duration.ofSeconds(5),
                null);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var opening = threads.submit(() -> Database.open(settings));
            try (var server = EmbeddedPostgres.builder().setPort(port).start();
                    var database = opening.get()) {
                assertThat(server.getPort()).isEqualTo(port);
                assertThat(database.<Integer>read(tx -> tx.sql().fetchCount(DSL.selectOne())))
                        .isOne();
            }
        }
    }

    @Test
    void a_server_that_is_not_there_is_named() {
        refused(1, Map.of());
    }

    @Test
    void a_host_that_says_nothing_is_not_waited_for_longer_than_a_start_may_wait() throws Exception {
        try (var silent = new ServerSocket(0)) {
            refused(silent.getLocalPort(), Map.of("connect_timeout", "0"));
        }
    }

    private static void refused(int port, Map<String, String> parameters) {
        var settings = new Postgres(
                List.of(new Host("localhost", port)),
                "db",
                "user",
                new Secret("s3cret"),
                new Tls("disable", null, null, null),
                parameters,
                10,
                Duration.ofMinutes(5),
                Duration.ZERO,
                Duration.ofSeconds(5),
                null);

        assertThatThrownBy(() -> Database.open(settings))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("localhost:" + port + "/db")
                .hasMessageContaining("AP_POSTGRES_HOST")
                .hasMessageNotContainingAny("s3cret", "\n");
    }

    @OnBothDatabases
    void a_connection_for_a_backup_is_one_of_the_pools(TestDatabases databases) throws Exception {
        if (!(databases.migrated() instanceof Postgres settings)) {
            return;
        }
        try (var database = Database.open(TestDatabases.sized(settings, 4));
                var first = database.direct("backup")) {
            assertThat(first.texts("SELECT current_setting('application_name')"))
                    .containsExactly("millrace:backup");
            assertThat(database.<Integer>read(tx -> 1)).isOne();
            assertThat(first.texts("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"))
                    .containsExactly("2");
            try (var second = Executors.newVirtualThreadPerTaskExecutor()) {
                var other = second.submit(() -> database.direct("backup"));
                first.close();
                other.get().close();
            }
            assertThat(database.<Integer>read(tx -> 1)).isOne();
        }
        try (var database = Database.open(TestDatabases.sized(settings, 3))) {
            assertThatThrownBy(() -> database.direct("backup")).hasMessageContaining("AP_POSTGRES_POOL_SIZE");
        }
    }

    @Test
    void the_pool_leaves_room_for_writers_and_notifier() {
        assertThat(PostgresConnections.general(3)).isOne();
        assertThat(PostgresConnections.general(5)).isEqualTo(3);
        assertThat(PostgresConnections.general(6)).isEqualTo(1);
        assertThat(PostgresConnections.general(10)).isEqualTo(5);
    }

    @Test
    void a_machine_that_is_gone_is_noticed_without_a_timeout() throws Exception {
        try (var socket = new PostgresTcpSockets().createSocket()) {
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPIDLE)).isEqualTo(10);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPINTERVAL)).isEqualTo(5);
            assertThat(socket.getOption(ExtendedSocketOptions.TCP_KEEPCOUNT)).isEqualTo(3);
        }
    }
}
