package millrace.database;

import static millrace.schema.Tables.FLOW;
import static millrace.schema.Tables.FLOW_VERSION;
import static millrace.schema.Tables.PLATFORM;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;

class SchemaTest {
    private static final List<String> REQUIRED = List.of(
            "flow flow_version flow_run project user file trigger_event app_connection piece_metadata tag piece_tag"
                    .concat(" app_event_routing trigger_source store_entry table field record cell project_member")
                    .concat(" project_role api_key audit_event custom_domain oauth_app signing_key")
                    .split(" "));
    private static final List<String> SUPPORTING = List.of(
            "platform user_identity user_invitation folder flag template waitpoint table_webhook variable project_plan"
                    .concat(
                            " platform_plan otp alert event_destination concurrency_pool mcp_server ai_provider user_badge")
                    .concat(" run_journal run_blob run_queue run_doubt process lane backup schema_migration")
                    .split(" "));

    private final Ids ids = new Ids(new SecureRandom());

    @OnBothDatabases
    void all_tables_are_there(TestDatabases databases) {
        var tables = new Catalogue(databases.migrated()).tables();

        assertThat(REQUIRED).hasSize(25);
        assertThat(tables).containsAll(REQUIRED).containsAll(SUPPORTING).hasSize(REQUIRED.size() + SUPPORTING.size());
    }

    @OnBothDatabases
    void runs_have_exactly_the_designed_indexes(TestDatabases databases, DatabaseKind kind) {
        var catalogue = new Catalogue(databases.migrated());
        if (!kind.postgres()) {
            assertThat(catalogue.indexes("flow_run")).hasSize(8);
            return;
        }
        var own = " WHERE (((environment)::text = 'PRODUCTION'::text) AND (\"archivedAt\" IS NULL)";
        var failed = " WHERE (((environment)::text = 'PRODUCTION'::text) AND (\"failedStep\" IS NOT NULL))";
        assertThat(catalogue.indexes("flow_run"))
                .containsExactlyInAnyOrder(
                        "CREATE UNIQUE INDEX flow_run_pkey ON ONLY public.flow_run USING btree (id)",
                        "CREATE INDEX idx_run_project_id_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", created DESC, id DESC)" + own + ")",
                        "CREATE INDEX idx_run_project_id_flow_id_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", \"flowId\", created DESC, id DESC)" + own + ")",
                        "CREATE INDEX idx_run_project_id_status_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", status, created DESC, id DESC)" + own
                                + " AND ((status)::text <> 'SUCCEEDED'::text))",
                        "CREATE INDEX idx_run_project_id_flow_id_status_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", \"flowId\", status, created DESC, id DESC)" + own
                                + " AND ((status)::text <> 'SUCCEEDED'::text))",
                        "CREATE INDEX idx_run_project_id_failed_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", created DESC, id DESC)" + failed,
                        "CREATE INDEX idx_run_project_id_failed_step_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", ((\"failedStep\" ->> 'name'::text)), created DESC, id DESC)"
                                + failed,
                        "CREATE INDEX idx_run_project_id_archived_created ON ONLY public.flow_run USING btree"
                                + " (\"projectId\", created DESC, id DESC)"
                                + " WHERE (((environment)::text = 'PRODUCTION'::text) AND (\"archivedAt\" IS NOT NULL))",
                        "CREATE INDEX idx_run_tags ON ONLY public.flow_run USING gin (tags) WHERE (tags IS NOT NULL)",
                        "CREATE INDEX idx_run_parent_run_id ON ONLY public.flow_run USING btree (\"parentRunId\")"
                                + " WHERE (\"parentRunId\" IS NOT NULL)");
        assertThat(catalogue.indexes("run_queue")).hasSize(7);
        assertThat(catalogue.indexes("run_journal")).hasSize(1);
    }

    @OnBothDatabases
    void no_table_or_index_needs_quotes_but_for_being_a_reserved_word(TestDatabases databases, DatabaseKind kind) {
        var names = new Catalogue(databases.migrated())
                .texts(
                        kind.postgres()
                                ? "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                : "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'");

        assertThat(names).allMatch(name -> name.matches("[a-z_][a-z0-9_]*") && name.length() <= 63);
    }

    @OnBothDatabases
    void runs_have_no_foreign_keys(TestDatabases databases, DatabaseKind kind) {
        var tables = "'flow_run', 'run_journal', 'run_blob', 'run_queue', 'run_doubt', 'process', 'lane'";
        var keys = new Catalogue(databases.migrated())
                .texts(
                        kind.postgres()
                                ? "SELECT conname FROM pg_constraint WHERE contype = 'f' AND (conrelid::regclass::text IN ("
                                        + tables + ") OR confrelid::regclass::text IN (" + tables + "))"
                                : "SELECT name FROM sqlite_master WHERE sql LIKE '%REFERENCES%' AND (name IN (" + tables
                                        + ") OR sql LIKE '%REFERENCES flow_run%')");

        assertThat(keys).isEmpty();
    }

    /** What docs/scaling.md builds on: runs can be placed by project, on several primaries or a distributed one. */
    @OnBothDatabases
    void every_row_of_a_run_names_its_project_and_its_run(TestDatabases databases, DatabaseKind kind) {
        if (!kind.postgres()) {
            return;
        }
        var catalogue = new Catalogue(databases.migrated());
        var runKeys = Map.of(
                "flow_run", "id",
                "run_queue", "id",
                "run_journal", "runId",
                "run_blob", "runId",
                "run_doubt", "runId",
                "waitpoint", "flowRunId");
        runKeys.forEach((table, runKey) -> {
            assertThat(catalogue.texts("SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                            + "'::regclass AND attnotnull AND attname IN ('projectId', '" + runKey + "')"))
                    .describedAs(table)
                    .containsExactlyInAnyOrder("projectId", runKey);
            assertThat(catalogue.texts("SELECT indexdef FROM pg_indexes WHERE tablename = '" + table
                            + "' AND indexdef LIKE 'CREATE UNIQUE%' AND indexdef NOT LIKE '%waitpoint_pkey%'"))
                    .describedAs("unique within a run, so within a project: %s", table)
                    .isNotEmpty()
                    .allMatch(index -> index.replace("\"", "").contains("(" + runKey));
        });
        assertThat(catalogue.texts("SELECT confrelid::regclass::text FROM pg_constraint"
                        + " WHERE contype = 'f' AND conrelid = 'waitpoint'::regclass"))
                .describedAs("a waitpoint refers to its project alone")
                .containsExactly("project");
    }

    @Test
    void what_a_run_writes_at_once_is_of_one_project() {
        var parts = Arrays.stream(RunFlush.class.getDeclaredClasses())
                .filter(Class::isRecord)
                .flatMap(part -> Arrays.stream(part.getRecordComponents()))
                .map(RecordComponent::getName);

        assertThat(Arrays.stream(RunFlush.class.getRecordComponents()).map(RecordComponent::getName))
                .contains("projectId");
        assertThat(parts).doesNotContain("projectId");
    }

    @OnBothDatabases
    void a_project_goes_with_its_published_flow(Database database) {
        var projectId = project(database);
        var flowId = publishedFlow(database, projectId);

        database.transact(tx ->
                tx.sql().deleteFrom(PROJECT).where(PROJECT.ID.eq(projectId)).execute());

        assertThat(database.<Boolean>read(tx -> tx.sql().fetchExists(FLOW, FLOW.ID.eq(flowId))))
                .isFalse();
        assertThat(database.<Boolean>read(tx -> tx.sql().fetchExists(FLOW_VERSION, FLOW_VERSION.FLOW_ID.eq(flowId))))
                .isFalse();
    }

    private String project(Database database) {
        var id = ids.random();
        database.transact(tx -> {
            tx.sql()
                    .insertInto(USER_IDENTITY)
                    .set(USER_IDENTITY.ID, id)
                    .set(USER_IDENTITY.EMAIL, id + "@example.com")
                    .set(USER_IDENTITY.PASSWORD, "")
                    .set(USER_IDENTITY.FIRST_NAME, "A")
                    .set(USER_IDENTITY.LAST_NAME, "B")
                    .set(USER_IDENTITY.PROVIDER, "EMAIL")
                    .execute();
            tx.sql()
                    .insertInto(USER)
                    .set(USER.ID, id)
                    .set(USER.IDENTITY_ID, id)
                    .set(USER.PLATFORM_ROLE, "ADMIN")
                    .set(USER.STATUS, "ACTIVE")
                    .execute();
            tx.sql()
                    .insertInto(PLATFORM)
                    .set(PLATFORM.ID, id)
                    .set(PLATFORM.OWNER_ID, id)
                    .set(PLATFORM.NAME, "P")
                    .set(PLATFORM.PRIMARY_COLOR, "")
                    .set(PLATFORM.LOGO_ICON_URL, "")
                    .set(PLATFORM.FULL_LOGO_URL, "")
                    .set(PLATFORM.FAV_ICON_URL, "")
                    .set(PLATFORM.EMAIL_AUTH_ENABLED, true)
                    .set(PLATFORM.ENFORCE_ALLOWED_AUTH_DOMAINS, false)
                    .set(PLATFORM.ALLOWED_AUTH_DOMAINS, List.of())
                    .set(PLATFORM.PINNED_PIECES, List.of())
                    .set(PLATFORM.FILTERED_PIECE_NAMES, List.of())
                    .set(PLATFORM.FILTERED_PIECE_BEHAVIOR, "BLOCKED")
                    .set(PLATFORM.FEDERATED_AUTH_PROVIDERS, Json.object())
                    .execute();
            tx.sql()
                    .insertInto(PROJECT)
                    .set(PROJECT.ID, id)
                    .set(PROJECT.PLATFORM_ID, id)
                    .set(PROJECT.OWNER_ID, id)
                    .set(PROJECT.DISPLAY_NAME, "P")
                    .set(PROJECT.TYPE, "PERSONAL")
                    .set(PROJECT.ICON, Json.object())
                    .execute();
        });
        return id;
    }

    private String publishedFlow(Database database, String projectId) {
        var id = ids.random();
        database.transact(tx -> {
            tx.sql()
                    .insertInto(FLOW)
                    .set(FLOW.ID, id)
                    .set(FLOW.PROJECT_ID, projectId)
                    .set(FLOW.EXTERNAL_ID, id)
                    .execute();
            tx.sql()
                    .insertInto(FLOW_VERSION)
                    .set(FLOW_VERSION.ID, id)
                    .set(FLOW_VERSION.FLOW_ID, id)
                    .set(FLOW_VERSION.DISPLAY_NAME, "F")
                    .set(FLOW_VERSION.STATE, "LOCKED")
                    .set(FLOW_VERSION.VALID, true)
                    .set(FLOW_VERSION.CONNECTION_IDS, List.of())
                    .set(FLOW_VERSION.NOTES, Json.array())
                    .execute();
            tx.sql()
                    .update(FLOW)
                    .set(FLOW.PUBLISHED_VERSION_ID, id)
                    .where(FLOW.ID.eq(id))
                    .execute();
        });
        return id;
    }
}
