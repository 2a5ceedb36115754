package millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import millrace.config.DatabaseSettings.Host;
import millrace.config.DatabaseSettings.Postgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The URL's forms are those of PostgreSQL's documentation, 34.1.1.2. */
class DatabaseSettingsTest {
    private static final String PEM = """
            -----BEGIN CERTIFICATE-----
            MIIBbjCCAROgAwIBAgIUW6gvAMhNEvlvtanfFMFLmzd7JdkwCgYIKoZIzj0EAwIw
            DDEKMAgGA1UEAwwBYzAeFw0yNjExMjcyMDQyMDJaFw0zNjExMjQyMDQyMDJaMAwx
            CjAIBgNVBAMMAWMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARPVjIUnZdziu4Y
            GFyJPoLCcgaF6vzXhRDcJS0vMMtHHley36veqH3RuTKqUWwEa9/tJeQpmAhppNqK
            o742CJDUo1MwUTAdBgNVHQ4EFgQUvFw/aN8j0s2Xmpxm57YEbNFI6v4wHwYDVR0j
            BBgwFoAUvFw/aN8j0s2Xmpxm57YEbNFI6v4wDwYDVR0TAQH/BAUwAwEB/zAKBggq
            hkjOPQQDAgNJADBGAiEAwHQCy6RZ7CskiO8MiHZsI8FQpHi4hqG/ClYW7zNcnEoC
            IQCBvPsgccm4uzk7EF9sy848ERdxac3t7/U9U+lNjHepyQ==
            -----END CERTIFICATE-----
            """;

    @TempDir
    Path directory;

    @Test
    void the_url_wins_and_the_single_settings_fill_its_gaps() {
        var settings = postgres(
                "AP_POSTGRES_URL", "postgres://ann@db1/",
                "AP_POSTGRES_HOST", "other",
                "AP_POSTGRES_PORT", "6432",
                "AP_POSTGRES_DATABASE", "flows",
                "AP_POSTGRES_USERNAME", "bob",
                "AP_POSTGRES_PASSWORD", "p");

        assertThat(settings.hosts()).containsExactly(new Host("db1", 6432));
        assertThat(settings.user()).isEqualTo("ann");
        assertThat(settings.database()).isEqualTo("flows");
        assertThat(settings.password()).isEqualTo(new Secret("p"));
        assertThat(settings.place()).isEqualTo("db1:6432/flows");
    }

    @Test
    void what_nobody_sets_is_libpqs_default() {
        var settings = postgres("AP_POSTGRES_URL", "postgresql://ann@");

        assertThat(settings.place()).isEqualTo("localhost:5432/ann");
        assertThat(settings.password()).isNull();
        assertThat(settings.tls().mode()).isEqualTo("disable");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://ann:12/s3cret@h/db",
                "postgresql://ann:12?s3cret=x@h/db",
                "postgresql://ann:12?s3cret@h/db",
                "postgresql://ann:s3cret%zz@h/db"
            })
    void a_password_that_is_not_encoded_is_refused_and_not_shown(String url) {
        var bad =
                catchThrowableOfType(BadSettings.class, () -> Settings.load(Map.of("AP_POSTGRES_URL", url), directory));

        assertThat(bad.getMessage()).contains("AP_POSTGRES_URL").doesNotContain("s3cret");
    }

    @Test
    void a_user_with_an_at_sign_may_stand_in_a_parameter() {
        assertThat(postgres("AP_POSTGRES_URL", "postgresql://h/db?user=ann@srv&connect_timeout=-1")
                        .user())
                .isEqualTo("ann@srv");
    }

    @Test
    void parts_are_percent_decoded_and_a_plus_stays() {
        var settings = postgres(
                "AP_POSTGRES_URL", "postgresql://u%40x:p%40ss%3A%2F%3F%23%25+@h/d%2Fb?application_name=a+b%20c");

        assertThat(settings.user()).isEqualTo("u@x");
        assertThat(settings.password()).isEqualTo(new Secret("p@ss:/?#%+"));
        assertThat(settings.database()).isEqualTo("d/b");
        assertThat(settings.parameters()).containsEntry("application_name", "a+b c");
    }

    @Test
    void several_hosts_ipv6_and_socket_folders_are_understood() {
        assertThat(postgres("AP_POSTGRES_URL", "postgresql://u@[::1]:6000,h2,h3:7000/d")
                        .hosts())
                .containsExactly(new Host("::1", 6000), new Host("h2", 5432), new Host("h3", 7000));
        assertThat(postgres("AP_POSTGRES_URL", "postgresql://u@%2Fvar%2Frun:5433/d")
                        .hosts())
                .containsExactly(new Host("/var/run", 5433));
        assertThat(postgres("AP_POSTGRES_URL", "postgresql://u@/d?host=/var/run&port=5434")
                        .hosts())
                .containsExactly(new Host("/var/run", 5434));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u@h/d?sslmod=require",
                "postgresql://u@h/d?sslmode=maybe",
                "postgresql://u@h/d?connect_timeout=soon",
                "postgresql://u@h:0/d",
                "postgresql://u@h:port/d",
                "postgresql://u@[::1/d",
                "postgresql://u@2001:db8::7:5432/d",
                "postgresql://u%zz@h/d",
                "mysql://u@h/d"
            })
    void a_url_that_cannot_be_right_is_a_bad_setting(String url) {
        var refused =
                catchThrowableOfType(BadSettings.class, () -> Settings.load(Map.of("AP_POSTGRES_URL", url), directory));

        assertThat(refused.faults()).singleElement().asString().startsWith("AP_POSTGRES_URL: ");
    }

    @Test
    void tls_follows_the_url_then_the_settings() throws IOException {
        var ca = Files.writeString(directory.resolve("ca.pem"), PEM).toString();

        assertThat(postgres("AP_POSTGRES_HOST", "h").tls().mode()).isEqualTo("disable");
        assertThat(postgres("AP_POSTGRES_USE_SSL", "true").tls().mode()).isEqualTo("require");
        var verified = postgres("AP_POSTGRES_USE_SSL", "true", "AP_POSTGRES_SSL_CA", PEM.replace("\n", "\\n"))
                .tls();
        assertThat(verified.mode()).isEqualTo("verify-full");
        assertThat(verified.rootCertificate()).isEqualTo(PEM);
        var byUrl = postgres(
                        "AP_POSTGRES_USE_SSL",
                        "true",
                        "AP_POSTGRES_URL",
                        "postgresql://h/d?sslmode=verify-ca&sslrootcert=" + ca)
                .tls();
        assertThat(byUrl.mode()).isEqualTo("verify-ca");
        assertThat(byUrl.rootCertificate()).isEqualTo(ca);
    }

    @Test
    void encryption_without_a_ca_is_warned_about_once() {
        var settings = Settings.load(Map.of("AP_POSTGRES_USE_SSL", "true"), directory);

        assertThat(settings.warnings()).singleElement().asString().contains("AP_POSTGRES_SSL_CA");
    }

    @Test
    void a_ca_that_is_no_certificate_is_a_bad_setting() {
        for (var ca : List.of("/nowhere/ca.pem", PEM.replace("MIIB", "MIIC"))) {
            var refused = catchThrowableOfType(
                    BadSettings.class,
                    () -> Settings.load(Map.of("AP_POSTGRES_USE_SSL", "true", "AP_POSTGRES_SSL_CA", ca), directory));

            assertThat(refused.faults()).singleElement().asString().startsWith("AP_POSTGRES_SSL_CA: ");
        }
    }

    @Test
    void the_kind_of_database_can_be_said() {
        assertThat(Settings.load(Map.of("AP_DB_TYPE", "sqlite3", "AP_POSTGRES_HOST", "h"), directory)
                        .database())
                .isInstanceOf(DatabaseSettings.Sqlite.class);
        assertThat(Settings.load(Map.of("AP_DB_TYPE", "POSTGRES"), directory).database())
                .isInstanceOfSatisfying(
                        Postgres.class, it -> assertThat(it.hosts()).isEqualTo(List.of(new Host("localhost", 5432))));
    }

    private Postgres postgres(String... namesAndValues) {
        var environment = new HashMap<String, String>();
        for (var i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return (Postgres) Settings.load(environment, directory).database();
    }
}
