package millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {
    @TempDir
    Path directory;

    @Test
    void without_any_setting_there_is_a_server_on_sqlite() {
        var settings = Settings.load(Map.of(), directory);

        assertThat(settings.http().port()).isEqualTo(8080);
        assertThat(settings.http().frontendUrl()).hasToString("http://localhost:8080");
        assertThat(settings.database()).isEqualTo(new DatabaseSettings.Sqlite(directory.resolve("activepieces.db")));
        assertThat(settings.webhooks().timeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(settings.webhooks().maxPayloadBytes()).isEqualTo(25 * 1024 * 1024);
        assertThat(settings.keys().encryptionKey()).isNull();
        assertThat(settings.warnings()).isEmpty();
    }

    @Test
    void every_default_is_a_good_value() {
        for (var setting : new Catalogue().all()) {
            if (!setting.standard().isEmpty()) {
                assertThat(setting.kind().read().apply(setting.standard()))
                        .as(setting.name())
                        .isNotNull();
            }
            assertThat(setting.sentence()).as(setting.name()).endsWith(".");
        }
    }

    @Test
    void all_bad_values_are_named_in_one_message() {
        var environment = Map.of(
                "AP_PORT", "eighty",
                "AP_LOG_LEVEL", "loud",
                "AP_FRONTEND_URL", "ftp://x",
                "AP_NETWORK_MODE", "OPEN",
                "AP_SSRF_ALLOW_LIST", "10.0.0.0/8, db.internal",
                "AP_POSTGRES_POOL_SIZE", "2",
                "AP_ENCRYPTION_KEY", "too-short-key");

        var refused = catchThrowableOfType(BadSettings.class, () -> Settings.load(environment, directory));

        assertThat(refused.faults()).hasSize(7);
        assertThat(refused)
                .hasMessageStartingWith("7 bad settings:")
                .hasMessageContainingAll(
                        "AP_PORT: \"eighty\" is not a whole number from 0 to 65535",
                        "AP_LOG_LEVEL",
                        "AP_FRONTEND_URL",
                        "AP_NETWORK_MODE",
                        "AP_SSRF_ALLOW_LIST",
                        "AP_POSTGRES_POOL_SIZE",
                        "AP_ENCRYPTION_KEY: its value is not exactly 32 characters");
    }

    @Test
    void no_message_and_no_record_shows_a_secret() {
        var bad = Map.of(
                "AP_ENCRYPTION_KEY",
                "hush-hush",
                "AP_POSTGRES_URL",
                "postgresql://u:hush-hush@h/d?sslmode=hush-hush&x=hush-hush");
        var good = Map.of(
                "AP_ENCRYPTION_KEY", "hush".repeat(8),
                "AP_JWT_SECRET", "hush",
                "AP_POSTGRES_URL", "postgresql://u:hush@h/d",
                "AP_POSTGRES_PASSWORD", "hush");

        var refused = catchThrowableOfType(BadSettings.class, () -> Settings.load(bad, directory));

        assertThat(refused).message().doesNotContain("hush");
        assertThat(Settings.load(good, directory).toString()).doesNotContain("hush");
    }

    @Test
    void an_empty_value_is_no_value() {
        var settings = Settings.load(Map.of("AP_PORT", "", "AP_POSTGRES_URL", " "), directory);

        assertThat(settings.http().port()).isEqualTo(8080);
        assertThat(settings.database()).isInstanceOf(DatabaseSettings.Sqlite.class);
    }

    @Test
    void the_environment_wins_over_the_env_file() throws IOException {
        Files.writeString(directory.resolve(".env"), """
                # my server
                AP_PORT = 9001   # not 8080
                export AP_FRONTEND_URL="https://flows.example.com/"
                AP_JWT_SECRET='from file'
                AP_LOG_LEVEL=debug
                """);

        var refused = catchThrowableOfType(BadSettings.class, () -> Settings.load(Map.of(), directory));
        var settings = Settings.load(Map.of("AP_JWT_SECRET", "set", "AP_LOG_LEVEL", "warn"), directory);

        assertThat(refused.faults()).singleElement().asString().startsWith("AP_JWT_SECRET");
        assertThat(settings.http().port()).isEqualTo(9001);
        assertThat(settings.http().frontendUrl()).hasToString("https://flows.example.com");
        assertThat(settings.server().logLevel()).isEqualTo("warn");
    }

    @Test
    void an_unknown_name_is_warned_about_with_the_nearest_known_one() {
        var settings = Settings.load(
                Map.of("AP_PROT", "1", "AP_REDIS_URL", "redis://x", "AP_QUEUE_MODE", "MEMORY", "HOME", "/"), directory);

        assertThat(settings.warnings())
                .containsExactly("unknown setting AP_PROT is ignored; the nearest known one is AP_PORT");
    }

    @Test
    void a_window_has_a_unit() {
        var settings = Settings.load(Map.of("AP_API_RATE_LIMIT_AUTHN_WINDOW", "30 seconds"), directory);

        assertThat(settings.http().signInLimit().window()).isEqualTo(Duration.ofSeconds(30));
    }
}
