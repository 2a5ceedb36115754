package millrace.instance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import millrace.database.OnBothDatabases;
import millrace.database.TestDatabases;
import millrace.identity.Street;

class InstanceTest {
    @OnBothDatabases
    void flags_are_there_for_everybody_and_change_with_the_first_sign_up(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var before = street.get("/flags", null);
            street.signUp("ada@example.test");
            street.forget();

            assertThat(before.json().path("USER_CREATED").asBoolean(true)).isFalse();
            assertThat(before.text("WEBHOOK_URL_PREFIX")).endsWith("/api/v1/webhooks");
            for (var number : List.of(
                    "FLOW_RUN_TIME_SECONDS",
                    "WEBHOOK_TIMEOUT_SECONDS",
                    "PAUSED_FLOW_TIMEOUT_DAYS",
                    "MAX_RECORDS_PER_TABLE",
                    "MAX_FIELDS_PER_TABLE",
                    "MAX_FILE_SIZE_MB")) {
                assertThat(before.json().path(number).isNumber()).as(number).isTrue();
            }
            for (var text : List.of("ENVIRONMENT", "EDITION", "CURRENT_VERSION", "PUBLIC_URL")) {
                assertThat(before.json().path(text).isTextual()).as(text).isTrue();
            }
        }
    }

    @OnBothDatabases
    void health_is_told_without_a_token(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            assertThat(street.get("/health", "nonsense").json().toString()).isEqualTo("{\"status\":\"Healthy\"}");

            street.database().close();

            assertThat(street.get("/health", null).status()).isEqualTo(503);
            assertThat(street.get("/health/live", null).status()).isEqualTo(200);
        }
    }
}
