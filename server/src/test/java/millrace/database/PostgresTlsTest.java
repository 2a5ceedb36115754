package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import millrace.config.DatabaseSettings.Tls;
import millrace.database.TestCertificates.Issued;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every mode of TLS against certificates of every kind. */
class PostgresTlsTest {
    @TempDir
    static Path folder;

    private static EmbeddedPostgres server;
    private static TestCertificates certificates;
    private static Issued authority;
    private static Issued other;

    @BeforeAll
    static void start() throws Exception {
        certificates = new TestCertificates(folder);
        authority = certificates.authority("authority");
        other = certificates.authority("other");
        server = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setDataDirectory(folder.resolve("data"))
                .start();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @Test
    void a_good_certificate_passes_in_every_mode_and_only_disable_does_not_encrypt() throws Exception {
        serve(certificates.of(authority, "good", "server", "localhost", "127.0.0.1"));

        assertThat(connect("localhost", "disable", authority)).isEqualTo("plain");
        assertThat(connect("localhost", "require", null)).isEqualTo("encrypted");
        assertThat(connect("localhost", "verify-ca", authority)).isEqualTo("encrypted");
        assertThat(connect("localhost", "verify-full", authority)).isEqualTo("encrypted");
        assertThat(connect("127.0.0.1", "verify-full", authority)).isEqualTo("encrypted");
    }

    @Test
    void the_name_counts_in_verify_full_alone() throws Exception {
        serve(certificates.of(authority, "elsewhere", "server", "elsewhere.example"));
        assertThat(connect("localhost", "require", null)).isEqualTo("encrypted");
        assertThat(connect("localhost", "verify-ca", authority)).isEqualTo("encrypted");
        assertThat(connect("localhost", "verify-full", authority)).contains("No subject alternative DNS name");

        serve(certificates.of(authority, "named", "server", "localhost"));
        assertThat(connect("localhost", "verify-full", authority)).isEqualTo("encrypted");
        assertThat(connect("127.0.0.1", "verify-full", authority)).contains("No subject alternative names");

        serve(certificates.of(authority, "addressed", "server", "127.0.0.1"));
        assertThat(connect("127.0.0.1", "verify-full", authority)).isEqualTo("encrypted");
        assertThat(connect("localhost", "verify-full", authority)).contains("localhost");
    }

    @Test
    void what_is_not_of_the_authority_is_refused_where_that_is_asked() throws Exception {
        for (var foreign : List.of(
                certificates.of(other, "foreign", "server", "localhost"),
                certificates.selfSigned("self", "localhost"),
                certificates.expired(authority, "expired", "localhost"))) {
            serve(foreign);
            assertThat(connect("localhost", "require", null)).isEqualTo("encrypted");
            assertThat(connect("localhost", "verify-ca", authority)).startsWith("refused");
            assertThat(connect("localhost", "verify-full", authority)).startsWith("refused");
            // The system's bundle knows none of them.
            assertThat(connect("localhost", "verify-full", null)).startsWith("refused");
        }
    }

    @Test
    void a_certificate_that_is_itself_the_authority_passes_until_it_expires() throws Exception {
        var self = certificates.selfSigned("itself", "localhost");
        serve(self);
        assertThat(connect("localhost", "verify-full", self)).isEqualTo("encrypted");
        var old = certificates.expired(null, "old", "localhost");
        serve(old);
        assertThat(connect("localhost", "verify-full", old)).startsWith("refused");
    }

    @Test
    void the_client_shows_its_certificate() throws Exception {
        serve(certificates.of(authority, "asking", "server", "localhost"));
        var client = certificates.of(authority, "client", "postgres");
        var stranger = certificates.of(other, "stranger", "postgres");
        var hba = folder.resolve("data/pg_hba.conf");
        var before = Files.readString(hba);
        Files.writeString(hba, "hostssl all all all cert\nlocal all all trust\nhostnossl all all all trust\n");
        try {
            reload();
            var verified = new Tls("verify-full", authority.certificate().toString(), null, null);
            assertThat(connect("localhost", with(verified, client.certificate(), client.key())))
                    .isEqualTo("encrypted");
            assertThat(connect("localhost", with(verified, client.certificate(), certificates.traditional(client))))
                    .isEqualTo("encrypted");
            assertThat(connect("localhost", with(verified, stranger.certificate(), stranger.key())))
                    .startsWith("refused");
            assertThat(connect("localhost", verified)).startsWith("refused");
        } finally {
            Files.writeString(hba, before);
            reload();
        }
    }

    @Test
    void require_does_not_fall_back_to_a_server_without_tls() throws Exception {
        admin("ALTER SYSTEM SET ssl = off");
        reload();

        assertThat(connect("localhost", "require", null)).startsWith("refused").contains("SSL");
        assertThat(connect("localhost", "disable", null)).isEqualTo("plain");
    }

    private static Tls with(Tls tls, Path certificate, Path key) {
        return new Tls(tls.mode(), tls.rootCertificate(), certificate.toString(), key.toString());
    }

    private static String connect(String host, String mode, @Nullable Issued root) {
        return connect(
                host, new Tls(mode, root == null ? null : root.certificate().toString(), null, null));
    }

    /** What became of it; a refusal must not be taken for something that passes by itself. */
    private static String connect(String host, Tls tls) {
        var settings = new Postgres(
                List.of(new Host(host, server.getPort())),
                "postgres",
                "postgres",
                null,
                tls,
                Map.of(),
                3,
                Duration.ofMinutes(1),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                null);
        try (var connection = new PostgresConnector(settings).openToWrite("test");
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            row.next();
            return row.getBoolean(1) ? "encrypted" : "plain";
        } catch (SQLException e) {
            assertThat(Failures.mayComeBack(e)).as("waits for " + e).isFalse();
            return "refused: "
                    + Opening.refusal(new PostgresConnector(settings), e).getMessage();
        }
    }

    private static void serve(Issued certificate) throws Exception {
        admin("ALTER SYSTEM SET ssl_cert_file = '" + certificate.certificate() + "'");
        admin("ALTER SYSTEM SET ssl_key_file = '" + certificate.key() + "'");
        admin("ALTER SYSTEM SET ssl_ca_file = '" + authority.certificate() + "'");
        admin("ALTER SYSTEM SET ssl = on");
        reload();
    }

    private static void reload() throws Exception {
        var before = loaded();
        admin("SELECT pg_reload_conf()");
        while (!loaded().isAfter(before)) {
            Thread.onSpinWait();
        }
    }

    private static Instant loaded() throws Exception {
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_conf_load_time()")) {
            row.next();
            return row.getTimestamp(1).toInstant();
        }
    }

    private static void admin(String sql) throws SQLException {
        try (var connection = server.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
