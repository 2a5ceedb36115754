package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import millrace.config.DatabaseSettings;
import org.junit.jupiter.api.Test;

class MigrationsTest {
    private static final ChangeSet FIRST =
            ChangeSet.of("0001_first", "CREATE TABLE first (id integer);", "DROP TABLE first;");
    private static final ChangeSet SECOND =
            ChangeSet.of("0002_second", "CREATE TABLE second (id integer);", "DROP TABLE second;");
    private static final ChangeSet BROKEN = ChangeSet.of(
            "0002_broken",
            "CREATE TABLE half (id integer);\nINSERT INTO half VALUES (1);\nINSERT INTO nowhere VALUES (1);",
            "");

    @OnBothDatabases
    void every_change_set_goes_up_down_and_up_again_to_the_same_schema(TestDatabases databases) {
        var settings = databases.empty();
        var connector = Connector.of(settings);
        var sets = ChangeSet.all(connector.dialect());
        var catalogue = new Catalogue(settings);

        for (int i = 1; i <= sets.size(); i++) {
            var migrations = new Migrations(connector, sets.subList(0, i), Safeguard.NONE);
            var before = catalogue.all();
            assertThat(migrations.apply()).containsExactly(sets.get(i - 1).id());
            var after = catalogue.all();

            assertThat(migrations.rollback(1)).containsExactly(sets.get(i - 1).id());
            assertThat(catalogue.all()).isEqualTo(before);

            migrations.apply();
            assertThat(catalogue.all()).isEqualTo(after);
        }
    }

    @OnBothDatabases
    void all_go_down_with_partitions_and_data_and_come_up_the_same(TestDatabases databases) {
        var settings = databases.migrated();
        var catalogue = new Catalogue(settings);
        var full = catalogue.all();

        try (var database = Database.open(settings)) {
            var gone = database.migrations().rollback(100);
            assertThat(gone)
                    .hasSize(ChangeSet.all(database.dialect()).size())
                    .isSortedAccordingTo(java.util.Comparator.reverseOrder());
            assertThat(catalogue.all()).isEmpty();

            database.prepare();
            assertThat(catalogue.all()).isEqualTo(full);
        }
    }

    @OnBothDatabases
    void the_second_start_finds_nothing_to_do(TestDatabases databases) {
        var migrations = migrations(databases.empty(), FIRST, SECOND);

        assertThat(migrations.apply()).containsExactly("0001_first", "0002_second");
        assertThat(migrations.apply()).isEmpty();
    }

    @OnBothDatabases
    void starts_at_the_same_time_apply_each_once(TestDatabases databases, DatabaseKind kind) throws Exception {
        if (!kind.postgres()) {
            return; // a second process is refused, see SqliteTest
        }
        var settings = databases.empty();
        var starts = new ArrayList<Callable<List<String>>>();
        for (int i = 0; i < 4; i++) {
            starts.add(() -> migrations(settings, FIRST, SECOND).apply());
        }

        var applied = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var start : threads.invokeAll(starts)) {
                applied.addAll(start.get());
            }
        }

        assertThat(applied).containsExactly("0001_first", "0002_second");
    }

    @OnBothDatabases
    void a_change_set_that_fails_leaves_nothing_and_those_before_it_stay(TestDatabases databases) {
        var settings = databases.empty();

        assertThatThrownBy(() -> migrations(settings, FIRST, BROKEN).apply())
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("0002_broken")
                .hasMessageContaining("nowhere");

        assertThat(new Catalogue(settings).tables()).containsExactly("first", "schema_migration");
        assertThat(migrations(settings, FIRST, SECOND).apply()).containsExactly("0002_second");
    }

    @OnBothDatabases
    void rows_are_kept_before_they_are_dropped_and_stay_where_they_cannot_be(TestDatabases databases) {
        var settings = databases.empty();
        var filled =
                ChangeSet.of("0001_filled", "CREATE TABLE filled (id integer); INSERT INTO filled VALUES (1);", "");
        var drop = ChangeSet.of("0002_drop", "CREATE TABLE more (id integer);\nDROP TABLE filled;", "DROP TABLE more;");
        var kept = new ArrayList<String>();
        Safeguard safeguard = (id, database) -> {
            kept.add(id);
            return "copy";
        };
        Safeguard failing = (id, database) -> {
            throw new IllegalStateException("the disk is full");
        };

        assertThatThrownBy(() -> migrations(settings, failing, filled, drop).apply())
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("migration 0002_drop of the database")
                .hasMessageEndingWith("was not applied, since the backup before it failed: the disk is full");
        assertThat(new Catalogue(settings).texts("SELECT id FROM filled")).containsExactly("1");
        assertThat(migrations(settings, safeguard, filled, drop).apply()).containsExactly("0002_drop");
        assertThat(kept).containsExactly("0002_drop");
        // Nothing is in the table that goes: there is nothing to keep.
        assertThat(migrations(settings, failing, filled, drop).rollback(1)).containsExactly("0002_drop");
    }

    /** One that migrates needs two, and one for the copy: as many as the smallest pool has. */
    @OnBothDatabases
    void a_start_that_keeps_rows_has_few_connections(TestDatabases databases, DatabaseKind kind) throws Exception {
        if (!kind.postgres()) {
            return;
        }
        var settings = databases.empty();
        var filled = ChangeSet.of(
                "0001_filled",
                "CREATE TABLE filled (id integer); INSERT INTO filled VALUES (1);",
                "DROP TABLE filled;");
        var open = new ArrayList<String>();
        Safeguard counting = (id, own) -> {
            try {
                open.addAll(own.texts("SELECT application_name FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND backend_type = 'client backend'"));
                return "copy";
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        };
        try (var database = Database.open(settings)) {
            var migrations = migrations(settings, counting, filled);
            migrations.apply();
            migrations.rollback(1);
            assertThat(database.answers()).isTrue();
        }

        assertThat(open).containsExactlyInAnyOrder("millrace:migrations", "millrace:migration lock");
    }

    @OnBothDatabases
    void a_way_back_that_drops_rows_keeps_them_once_for_all(TestDatabases databases) {
        var settings = databases.empty();
        var filled = ChangeSet.of(
                "0002_filled",
                "CREATE TABLE filled (id integer); INSERT INTO filled VALUES (1);",
                "DROP TABLE filled;");
        var kept = new ArrayList<String>();
        var migrations = migrations(
                settings,
                (id, database) -> {
                    kept.add(id);
                    return "copy";
                },
                FIRST,
                filled);
        migrations.apply();

        assertThatThrownBy(() -> migrations(settings, FIRST, filled).rollback(2))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("0002_filled");
        assertThat(migrations.rollback(2)).containsExactly("0002_filled", "0001_first");
        assertThat(kept).containsExactly("0002_filled");
    }

    @Test
    void a_script_says_or_shows_whether_it_loses_rows() {
        assertThat(List.of(
                        "DROP TABLE a;",
                        "drop table if exists a;",
                        "ALTER TABLE a DROP COLUMN b;",
                        "ALTER TABLE \"a\" ALTER COLUMN b TYPE text;",
                        "-- why\nUPDATE a SET b = 1;",
                        "DELETE FROM a;",
                        "-- loses rows\nSELECT 1;"))
                .allMatch(RowLoss::possible);
        assertThat(List.of(
                        "CREATE TABLE a (b text DEFAULT 'DROP TABLE c;');",
                        "ALTER TABLE a DROP CONSTRAINT b;",
                        "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;",
                        "-- keeps rows\nUPDATE a SET b = 1;",
                        "DROP INDEX a;"))
                .noneMatch(RowLoss::possible);
    }

    /** So that nobody has to guess. */
    @Test
    void every_script_that_looks_as_if_it_loses_rows_says_what_it_does() {
        for (var dialect : List.of(new PostgresDialect(), new SqliteDialect())) {
            for (var set : ChangeSet.all(dialect)) {
                for (var script : List.of(set.up(), set.down())) {
                    assertThat(RowLoss.possible(script)).as(set.id()).isEqualTo(script.contains("-- loses rows\n"));
                }
            }
        }
    }

    @OnBothDatabases
    void a_changed_change_set_is_refused(TestDatabases databases) {
        var settings = databases.empty();
        migrations(settings, FIRST).apply();
        var changed = ChangeSet.of("0001_first", FIRST.up() + " ", FIRST.down());

        assertThatThrownBy(() -> migrations(settings, changed).apply())
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("0001_first");
    }

    @OnBothDatabases
    void a_newer_schema_is_refused_but_its_status_is_told(TestDatabases databases) {
        var settings = databases.empty();
        migrations(settings, FIRST, SECOND).apply();
        var older = migrations(settings, FIRST);

        assertThatThrownBy(older::apply)
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("0002_second")
                .hasMessageContaining("0001_first");
        assertThatThrownBy(() -> older.rollback(1)).isInstanceOf(DatabaseRefusal.class);
        assertThat(older.status().applied())
                .extracting(MigrationStatus.Applied::id)
                .contains("0002_second");
    }

    @OnBothDatabases
    void a_change_set_is_applied_and_taken_back_by_name(TestDatabases databases) {
        var migrations = migrations(databases.empty(), FIRST, SECOND);

        assertThat(migrations.applyTo("0001_first")).containsExactly("0001_first");
        assertThat(migrations.apply()).containsExactly("0002_second");
        assertThat(migrations.rollbackTo("0001_first")).containsExactly("0002_second");
        assertThatThrownBy(() -> migrations.applyTo("0003_third")).isInstanceOf(DatabaseRefusal.class);
    }

    @OnBothDatabases
    void the_plan_tells_sql_locks_and_the_way_back_and_does_nothing(TestDatabases databases, DatabaseKind kind) {
        var settings = databases.empty();
        var more = ChangeSet.of("0002_more", "ALTER TABLE first ADD COLUMN more text;", "");

        assertThat(migrations(settings, FIRST, more).plan())
                .contains("-- migration 0001_first", "way back: yes", "CREATE TABLE first (id integer);")
                .contains("-- migration 0002_more", "way back: none")
                .contains(kind.postgres() ? "ACCESS EXCLUSIVE on first" : "the file");
        assertThat(new Catalogue(settings).tables()).isEmpty();
    }

    @OnBothDatabases
    void batches_are_repeated_until_no_row_is_left(TestDatabases databases) {
        var settings = databases.empty();
        var rows = ChangeSet.of(
                "0001_rows",
                "CREATE TABLE rows (id integer, done integer); INSERT INTO rows"
                        + " VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);",
                "DROP TABLE rows;");
        var fill = ChangeSet.of("0002_fill", """
                -- statement by statement
                -- keeps rows
                -- until no row is left
                UPDATE rows SET done = 1 WHERE id IN (SELECT id FROM rows WHERE done = 0 LIMIT 2);
                """, "UPDATE rows SET done = 0;");
        var all = ChangeSet.of(
                "0003_all",
                "CREATE TABLE checked (id integer); INSERT INTO checked" + " SELECT id FROM rows WHERE done = 0;",
                "DROP TABLE checked;");

        assertThat(migrations(settings, rows, fill, all).apply()).hasSize(3);
        assertThat(new Catalogue(settings).texts("SELECT count(*) FROM checked"))
                .containsExactly("0");
    }

    @OnBothDatabases
    void an_index_of_a_killed_build_is_dropped_and_built_anew(TestDatabases databases, DatabaseKind kind) {
        if (!kind.postgres()) {
            return;
        }
        var settings = (DatabaseSettings.Postgres) databases.empty();
        migrations(settings, FIRST).apply();
        databases.adminOf(settings, "INSERT INTO first VALUES (1), (1)");
        // Two equal rows end the build as a kill does: the index stays behind, invalid.
        assertThatThrownBy(
                        () -> databases.adminOf(settings, "CREATE UNIQUE INDEX CONCURRENTLY idx_first ON first (id)"))
                .isInstanceOf(IllegalStateException.class);
        databases.adminOf(settings, "DELETE FROM first WHERE ctid = (SELECT max(ctid) FROM first)");
        databases.adminOf(settings, "ALTER INDEX idx_first OWNER TO owner");
        var index = ChangeSet.of("0002_index", """
                -- statement by statement
                CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_first ON first (id);
                """, "DROP INDEX idx_first;");

        assertThat(migrations(settings, FIRST, index).apply()).containsExactly("0002_index");
        assertThatThrownBy(() -> databases.adminOf(settings, "INSERT INTO first VALUES (1)"))
                .hasRootCauseMessage("ERROR: duplicate key value violates unique constraint \"idx_first\"\n"
                        + "  Detail: Key (id)=(1) already exists.");
    }

    @OnBothDatabases
    void the_status_tells_what_is_applied_and_what_is_pending(TestDatabases databases) {
        var settings = databases.empty();

        assertThat(migrations(settings, FIRST).status().applied()).isEmpty();
        migrations(settings, FIRST).apply();
        var status = migrations(settings, FIRST, SECOND).status();

        assertThat(status.applied()).singleElement().satisfies(applied -> {
            assertThat(applied.id()).isEqualTo("0001_first");
            assertThat(applied.checksum()).isEqualTo(FIRST.checksum()).hasSize(64);
            assertThat(applied.appliedAt()).isNotNull();
        });
        assertThat(status.pending()).containsExactly(new MigrationStatus.Pending("0002_second"));
    }

    @OnBothDatabases
    void a_role_without_the_right_to_create_is_told_the_statement(TestDatabases databases, DatabaseKind kind) {
        if (!kind.postgres()) {
            return;
        }
        databases.admin("DROP ROLE IF EXISTS guest");
        databases.admin("CREATE ROLE guest LOGIN PASSWORD 'guest'");
        var owned = (DatabaseSettings.Postgres) databases.migrated();
        try (var owner = Database.open(owned)) {
            owner.migrations().rollback(100);
            owner.transact(tx -> {
                tx.sql().execute("DROP TABLE schema_migration");
                tx.sql().execute("CREATE SCHEMA own");
            });
        }
        databases.adminOf(owned, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        var guest = TestDatabases.as(owned, "guest", "guest");

        assertThatThrownBy(() -> migrations(guest, FIRST).apply())
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("GRANT USAGE, CREATE ON SCHEMA public TO guest;");
        assertThat(new Catalogue(owned).tables()).isEmpty();
    }

    @Test
    void the_list_of_change_sets_names_all_folders_in_order() throws Exception {
        var list = java.util.Objects.requireNonNull(
                millrace.schema.Tables.class.getResource("/millrace/schema/changesets"));
        try (var reader = new java.io.BufferedReader(
                new java.io.InputStreamReader(list.openStream(), java.nio.charset.StandardCharsets.UTF_8))) {
            var named = reader.lines().toList();
            var folders = Path.of("../schema/src/main/resources/millrace/schema")
                    .toFile()
                    .listFiles(File::isDirectory);

            assertThat(named).isSorted().doesNotHaveDuplicates();
            assertThat(java.util.stream.Stream.of(java.util.Objects.requireNonNull(folders))
                            .map(File::getName))
                    .containsExactlyInAnyOrderElementsOf(named);
        }
    }

    private static Migrations migrations(DatabaseSettings settings, ChangeSet... sets) {
        return migrations(settings, Safeguard.NONE, sets);
    }

    private static Migrations migrations(DatabaseSettings settings, Safeguard safeguard, ChangeSet... sets) {
        return new Migrations(Connector.of(settings), List.of(sets), safeguard);
    }
}
