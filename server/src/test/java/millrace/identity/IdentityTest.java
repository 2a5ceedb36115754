package millrace.identity;

import static millrace.schema.Tables.API_KEY;
import static millrace.schema.Tables.PLATFORM;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import millrace.database.OnBothDatabases;
import millrace.database.TestDatabases;
import millrace.engine.Json;

class IdentityTest {
    @OnBothDatabases
    void the_first_sign_up_makes_platform_and_project(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var session = street.signUp(" Ada@Example.Test ");
            var token = session.text("token");
            var projects = street.get("/projects", token).json().path("data");
            var claims = Json.read(Base64.getUrlDecoder().decode(token.split("\\.")[1]));

            assertThat(session.status()).isEqualTo(200);
            assertThat(session.text("email")).isEqualTo("ada@example.test");
            assertThat(session.text("platformRole")).isEqualTo("ADMIN");
            assertThat(session.json().has("password")).isFalse();
            assertThat(projects.size()).isEqualTo(1);
            assertThat(projects.get(0).path("id").asText()).isEqualTo(session.text("projectId"));
            assertThat(projects.get(0).path("ownerId").asText()).isEqualTo(session.text("id"));
            assertThat(projects.get(0).path("analytics").toString())
                    .isEqualTo("{\"totalUsers\":1,\"activeUsers\":1,\"totalFlows\":0,\"activeFlows\":0}");
            assertThat(claims.path("type").asText()).isEqualTo("USER");
            assertThat(claims.path("platform").path("id").asText()).isEqualTo(session.text("platformId"));
            assertThat(claims.path("exp").asLong() - claims.path("iat").asLong())
                    .isEqualTo(7 * 24 * 3600);
        }
    }

    @OnBothDatabases
    void of_many_first_sign_ups_exactly_one_makes_a_platform(TestDatabases databases)
            throws InterruptedException, ExecutionException {
        try (var street = Street.on(databases.migrated());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tries = IntStream.range(0, 8)
                    .mapToObj(i -> threads.submit(() -> street.signUp("user" + i / 2 + "@example.test")))
                    .toList();
            int made = 0;
            for (var attempt : tries) {
                var reply = attempt.get();
                made += reply.status() == 200 ? 1 : 0;
                assertThat(reply.status()).as(reply.toString()).isIn(200, 403, 409);
            }

            assertThat(made).isEqualTo(1);
            assertThat(street.database()
                            .<List<Integer>>read(tx -> List.of(
                                    tx.sql().fetchCount(PLATFORM),
                                    tx.sql().fetchCount(PROJECT),
                                    tx.sql().fetchCount(USER),
                                    tx.sql().fetchCount(USER_IDENTITY))))
                    .containsOnly(1);
        }
    }

    @OnBothDatabases
    void later_sign_ups_need_an_invitation_and_a_taken_address_is_told(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            street.signUp("ada@example.test");
            var stranger = street.signUp("eve@example.test");
            var again = street.signUp("ADA@example.test");

            assertThat(stranger.status()).isEqualTo(403);
            assertThat(stranger.code()).isEqualTo("INVITATION_ONLY_SIGN_UP");
            assertThat(again.status()).isEqualTo(409);
            assertThat(again.json().toString())
                    .isEqualTo(
                            "{\"code\":\"EXISTING_USER\",\"params\":{\"email\":\"ada@example.test\",\"platformId\":null}}");
        }
    }

    @OnBothDatabases
    void signing_in_gives_the_same_user(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var session = street.signIn("Ada@Example.test", Street.PASSWORD);

            assertThat(session.status()).isEqualTo(200);
            for (var field : List.of("id", "platformId", "projectId", "email", "firstName", "lastName")) {
                assertThat(session.text(field)).isEqualTo(owner.text(field));
            }
            for (var wrong : List.of(
                    street.signIn("ada@example.test", "wrong password"),
                    street.signIn("nobody@example.test", Street.PASSWORD))) {
                assertThat(wrong.status()).isEqualTo(401);
                assertThat(wrong.json().toString()).isEqualTo("{\"code\":\"INVALID_CREDENTIALS\",\"params\":null}");
            }
        }
    }

    @OnBothDatabases
    void bcrypt_hashes_of_imported_databases_are_accepted(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            street.signUp("ada@example.test");
            street.database()
                    .transact(tx -> tx.sql()
                            .update(USER_IDENTITY)
                            .set(USER_IDENTITY.PASSWORD, "$2b$04$AvFiXOGRYIjxGR5oIvu72urvJBy0MOkcm04GnRC/8mFO1iCgD3pU2")
                            .execute());

            assertThat(street.signIn("ada@example.test", "wrong").status()).isEqualTo(401);
        }
    }

    @OnBothDatabases
    void a_session_ends_with_the_token_version_the_status_and_the_verification(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var token = street.signUp("ada@example.test").text("token");
            assertThat(street.get("/users/me", token).status()).isEqualTo(200);

            change(street, "status", "INACTIVE");
            assertThat(street.get("/users/me", token).code()).isEqualTo("SESSION_EXPIRED");
            assertThat(street.signIn("ada@example.test", Street.PASSWORD).code())
                    .isEqualTo("USER_IS_INACTIVE");

            change(street, "status", "ACTIVE");
            assertThat(street.get("/users/me", token).status()).isEqualTo(200);

            change(street, "tokenVersion", "another");
            assertThat(street.get("/users/me", token).status()).isEqualTo(403);

            change(street, "verified", "false");
            assertThat(street.signIn("ada@example.test", Street.PASSWORD).code())
                    .isEqualTo("EMAIL_IS_NOT_VERIFIED");
        }
    }

    private static void change(Street street, String what, String value) {
        street.database().transact(tx -> {
            switch (what) {
                case "status" -> tx.sql().update(USER).set(USER.STATUS, value).execute();
                case "tokenVersion" ->
                    tx.sql()
                            .update(USER_IDENTITY)
                            .set(USER_IDENTITY.TOKEN_VERSION, value)
                            .execute();
                default ->
                    tx.sql()
                            .update(USER_IDENTITY)
                            .set(USER_IDENTITY.VERIFIED, false)
                            .execute();
            }
        });
        street.forget();
    }

    @OnBothDatabases
    void every_route_refuses_strangers_and_other_kinds_of_tokens(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var id = owner.text("id");
            var engine = street.tokens().engine("run", owner.text("platformId"), owner.text("projectId"));
            for (var route : street.server().routes()) {
                if (route.open() || !route.method().equals("GET")) {
                    continue;
                }
                var path = route.path().substring("/api/v1".length()).replaceAll("\\{[^}]+}", id);
                assertThat(street.get(path, null).code()).as(path).isEqualTo("AUTHORIZATION");
                assertThat(street.get(path, "nonsense").code()).as(path).isEqualTo("INVALID_BEARER_TOKEN");
                assertThat(street.get(path, engine).code()).as(path).isEqualTo("AUTHORIZATION");
                assertThat(street.get(path, owner.text("token")).status())
                        .as(path)
                        .isIn(200, 404);
            }
        }
    }

    @OnBothDatabases
    void an_api_key_is_found_by_its_hash(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var key = "sk-" + "k".repeat(61);
            assertThat(street.get("/projects", key).code()).isEqualTo("AUTHENTICATION");
            street.database()
                    .transact(tx -> tx.sql()
                            .insertInto(API_KEY)
                            .set(API_KEY.ID, "k".repeat(21))
                            .set(API_KEY.CREATED, Instant.EPOCH)
                            .set(API_KEY.UPDATED, Instant.EPOCH)
                            .set(API_KEY.PLATFORM_ID, owner.text("platformId"))
                            .set(API_KEY.DISPLAY_NAME, "key")
                            .set(API_KEY.HASHED_VALUE, TokenAuthenticator.sha256(key))
                            .set(API_KEY.TRUNCATED_VALUE, "kkkk")
                            .execute());
            street.forget();

            assertThat(street.get("/projects", key).json().path("data").size()).isEqualTo(1);
            assertThat(street.get("/projects/" + owner.text("projectId"), key).status())
                    .isEqualTo(200);
            assertThat(street.get("/users/me", key).status()).isEqualTo(403);
        }
    }

    @OnBothDatabases
    void users_see_themselves(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var token = owner.text("token");

            var me = street.get("/users/me", token);
            assertThat(me.text("id")).isEqualTo(owner.text("id"));
            assertThat(me.json().path("badges").isArray()).isTrue();
            assertThat(street.get("/users/" + owner.text("id"), token).text("email"))
                    .isEqualTo("ada@example.test");
            assertThat(street.get("/users/" + "0".repeat(21), token).code()).isEqualTo("ENTITY_NOT_FOUND");
            assertThat(street.get("/users", token).json().path("data").size()).isEqualTo(1);
            assertThat(street.get("/users?externalId=x", token)
                            .json()
                            .path("data")
                            .size())
                    .isZero();
            assertThat(street.post("/users/me", token, Json.object()).text("firstName"))
                    .isEqualTo("Ada");
        }
    }
}
