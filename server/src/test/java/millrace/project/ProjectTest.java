package millrace.project;

import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.PROJECT_MEMBER;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import millrace.access.BuiltInRole;
import millrace.access.PlatformRole;
import millrace.access.Scope;
import millrace.database.OnBothDatabases;
import millrace.database.TestDatabases;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.identity.Street;

class ProjectTest {
    @OnBothDatabases
    void a_project_is_shown_with_plan_and_analytics(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var project = street.get("/projects/" + owner.text("projectId"), owner.text("token"));

            assertThat(project.status()).isEqualTo(200);
            assertThat(project.text("type")).isEqualTo("PERSONAL");
            assertThat(project.text("displayName")).isEqualTo("Ada's Project");
            assertThat(project.json().path("plan").path("piecesFilterType").asText())
                    .isEqualTo("NONE");
            assertThat(project.text("created")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
        }
    }

    @OnBothDatabases
    void unknown_and_foreign_projects_answer_the_same(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var token = street.signUp("ada@example.test").text("token");
            var foreign = otherPlatform(street);
            var unknown = "0".repeat(21);

            var ofUnknown = street.get("/projects/" + unknown, token);
            var ofForeign = street.get("/projects/" + foreign, token);

            assertThat(ofUnknown.status()).isEqualTo(404);
            assertThat(ofUnknown.code()).isEqualTo("ENTITY_NOT_FOUND");
            assertThat(ofForeign.status()).isEqualTo(404);
            assertThat(ofForeign.json().toString().replace(foreign, unknown))
                    .isEqualTo(ofUnknown.json().toString());
            assertThat(street.get("/projects", token).json().toString()).doesNotContain(foreign);
        }
    }

    @OnBothDatabases
    void a_platform_is_shown_to_its_own_people_without_secrets(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var platform = street.get("/platforms/" + owner.text("platformId"), owner.text("token"));

            assertThat(platform.text("ownerId")).isEqualTo(owner.text("id"));
            assertThat(platform.json().path("plan").path("teamProjectsLimit").asText())
                    .isEqualTo("UNLIMITED");
            assertThat(street.get("/platforms/" + "p".repeat(21), owner.text("token"))
                            .code())
                    .isEqualTo("ENTITY_NOT_FOUND");
        }
    }

    @OnBothDatabases
    void paging_leaves_out_and_repeats_nothing_in_both_directions(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            for (int i = 0; i < 6; i++) {
                // Two of the same moment: the id decides.
                team(street, owner.json(), "team" + i, Instant.parse("2026-01-02T03:04:05.67890" + i / 2 + "Z"));
            }
            var token = owner.text("token");

            var forwards = new ArrayList<String>();
            var page = street.get("/projects?limit=2", token).json();
            assertThat(page.path("previous").isNull()).isTrue();
            while (true) {
                forwards.addAll(ids(page));
                if (page.path("next").isNull()) {
                    break;
                }
                page = street.get("/projects?limit=2&cursor=" + encoded(page.path("next")), token)
                        .json();
            }
            var backwards = new ArrayList<>(ids(page));
            while (!page.path("previous").isNull()) {
                page = street.get("/projects?limit=2&cursor=" + encoded(page.path("previous")), token)
                        .json();
                backwards.addAll(0, ids(page));
            }

            assertThat(forwards).hasSize(7).doesNotHaveDuplicates();
            assertThat(backwards).isEqualTo(forwards);
            assertThat(ids(street.get("/projects?cursor=nonsense", token).json()))
                    .isEqualTo(forwards);
        }
    }

    @OnBothDatabases
    void filters_narrow_the_list(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            team(street, owner.json(), "Blue team", Instant.EPOCH);
            var token = owner.text("token");

            assertThat(ids(street.get("/projects?displayName=BLUE", token).json()))
                    .hasSize(1);
            assertThat(ids(street.get("/projects?types=PERSONAL", token).json()))
                    .hasSize(1);
            assertThat(ids(street.get("/projects?types=PERSONAL&types=TEAM", token)
                            .json()))
                    .hasSize(2);
            assertThat(ids(street.get("/projects?externalId=none", token).json()))
                    .isEmpty();
            assertThat(street.get("/projects?types=OTHER", token).status()).isEqualTo(400);
        }
    }

    @OnBothDatabases
    void a_member_sees_the_projects_that_it_belongs_to(TestDatabases databases) {
        try (var street = Street.on(databases.migrated())) {
            var owner = street.signUp("ada@example.test");
            var team = team(street, owner.json(), "team", Instant.EPOCH);
            team(street, owner.json(), "other team", Instant.EPOCH);
            // The owner becomes somebody else, so that the account that signs in is a mere member.
            var member = demoted(street, owner.json(), PlatformRole.MEMBER);
            var token = owner.text("token");

            assertThat(ids(street.get("/projects", token).json())).isEmpty();
            assertThat(street.get("/projects/" + team, token).status()).isEqualTo(404);

            join(street, owner.json(), member, team, BuiltInRole.VIEWER);
            assertThat(ids(street.get("/projects", token).json())).containsExactly(team);
            assertThat(street.get("/projects/" + team, token).status()).isEqualTo(200);

            demoted(street, owner.json(), PlatformRole.OPERATOR);
            assertThat(ids(street.get("/projects", token).json())).hasSize(2);
        }
    }

    /** Gives all projects to a new user and the role to the first one; answers the first one's id. */
    private static String demoted(Street street, JsonNode owner, PlatformRole role) {
        var heir = "h".repeat(21);
        if (!street.database().read(tx -> tx.sql().fetchExists(USER, USER.ID.eq(heir)))) {
            user(street, heir, owner.path("platformId").asText());
        }
        street.database().transact(tx -> {
            tx.sql().update(PROJECT).set(PROJECT.OWNER_ID, heir).execute();
            tx.sql()
                    .update(USER)
                    .set(USER.PLATFORM_ROLE, role.name())
                    .where(USER.ID.eq(owner.path("id").asText()))
                    .execute();
        });
        street.forget();
        return owner.path("id").asText();
    }

    private static void join(Street street, JsonNode owner, String userId, String projectId, BuiltInRole role) {
        street.database()
                .transact(tx -> tx.sql()
                        .insertInto(PROJECT_MEMBER)
                        .set(PROJECT_MEMBER.ID, "m".repeat(21))
                        .set(PROJECT_MEMBER.CREATED, Instant.EPOCH)
                        .set(PROJECT_MEMBER.UPDATED, Instant.EPOCH)
                        .set(PROJECT_MEMBER.PROJECT_ID, projectId)
                        .set(PROJECT_MEMBER.USER_ID, userId)
                        .set(
                                PROJECT_MEMBER.PLATFORM_ID,
                                owner.path("platformId").asText())
                        .set(PROJECT_MEMBER.PROJECT_ROLE_ID, role.id())
                        .execute());
        street.forget();
    }

    private static void user(Street street, String id, String platformId) {
        street.database().transact(tx -> {
            user(tx, id);
            tx.sql()
                    .update(USER)
                    .set(USER.PLATFORM_ID, platformId)
                    .where(USER.ID.eq(id))
                    .execute();
        });
    }

    private static String team(Street street, JsonNode owner, String name, Instant created) {
        var id = (name.replace(" ", "") + "0".repeat(21)).substring(0, 21);
        project(street, id, owner.path("platformId").asText(), owner.path("id").asText(), name, created);
        return id;
    }

    private static void project(
            Street street, String id, String platformId, String ownerId, String name, Instant created) {
        street.database()
                .transact(tx -> tx.sql()
                        .insertInto(PROJECT)
                        .set(PROJECT.ID, id)
                        .set(PROJECT.CREATED, created)
                        .set(PROJECT.UPDATED, created)
                        .set(PROJECT.PLATFORM_ID, platformId)
                        .set(PROJECT.OWNER_ID, ownerId)
                        .set(PROJECT.DISPLAY_NAME, name)
                        .set(PROJECT.TYPE, "TEAM")
                        .set(PROJECT.ICON, Json.object().put("color", "RED"))
                        .set(PROJECT.RELEASES_ENABLED, false)
                        .execute());
    }

    private static String otherPlatform(Street street) {
        var id = "x".repeat(21);
        street.database().transact(tx -> {
            var store = new PlatformStore();
            var mine = store.find(
                            tx,
                            Scope.system("test"),
                            tx.sql().select(PROJECT.PLATFORM_ID).from(PROJECT).fetchSingle(PROJECT.PLATFORM_ID))
                    .orElseThrow();
            user(tx, id);
            store.insert(
                    tx,
                    new Platform(
                            id,
                            mine.created(),
                            mine.updated(),
                            id,
                            "Other",
                            mine.primaryColor(),
                            null,
                            mine.logoIconUrl(),
                            mine.fullLogoUrl(),
                            mine.favIconUrl(),
                            List.of("a", "b"),
                            "BLOCKED",
                            true,
                            true,
                            true,
                            true,
                            List.of("x.test"),
                            List.of(),
                            null,
                            null,
                            List.of("c"),
                            null,
                            mine.federatedAuthProviders(),
                            mine.plan()));
            assertThat(store.find(tx, Scope.platform(id), id).orElseThrow().filteredPieceNames())
                    .containsExactly("a", "b");
        });
        project(street, id, id, id, "foreign", Instant.EPOCH);
        return id;
    }

    private static void user(Tx tx, String id) {
        tx.sql()
                .insertInto(USER_IDENTITY)
                .set(USER_IDENTITY.ID, id)
                .set(USER_IDENTITY.CREATED, Instant.EPOCH)
                .set(USER_IDENTITY.UPDATED, Instant.EPOCH)
                .set(USER_IDENTITY.EMAIL, id)
                .set(USER_IDENTITY.PASSWORD, "none")
                .set(USER_IDENTITY.FIRST_NAME, "X")
                .set(USER_IDENTITY.LAST_NAME, "X")
                .set(USER_IDENTITY.VERIFIED, true)
                .set(USER_IDENTITY.PROVIDER, "EMAIL")
                .execute();
        tx.sql()
                .insertInto(USER)
                .set(USER.ID, id)
                .set(USER.CREATED, Instant.EPOCH)
                .set(USER.UPDATED, Instant.EPOCH)
                .set(USER.IDENTITY_ID, id)
                .set(USER.PLATFORM_ROLE, "ADMIN")
                .set(USER.STATUS, "ACTIVE")
                .execute();
    }

    private static List<String> ids(JsonNode page) {
        return StreamSupport.stream(page.path("data").spliterator(), false)
                .map(project -> project.path("id").asText())
                .toList();
    }

    private static String encoded(JsonNode cursor) {
        return java.net.URLEncoder.encode(cursor.asText(), java.nio.charset.StandardCharsets.UTF_8);
    }
}
