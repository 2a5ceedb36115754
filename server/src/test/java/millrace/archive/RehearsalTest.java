package millrace.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import millrace.config.DatabaseSettings;
import millrace.database.Database;
import millrace.database.DatabaseKind;
import millrace.database.DatabaseRefusal;
import millrace.database.Direct;
import millrace.database.OnBothDatabases;
import millrace.database.ScratchSchema;
import millrace.database.TestDatabases;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
    private static final Instant NOW = Instant.parse("2026-11-27T13:00:00Z");

    @TempDir
    private Path folder;

    private ArchivePlace backup(DatabaseSettings settings, String name, Instant at) {
        return new Backup("test", InstantSource.fixed(at))
                .make(settings, new FilePlace(folder.resolve(name)))
                .place();
    }

    @OnBothDatabases
    void pending_change_sets_are_tried_on_a_copy_and_what_does_not_load_is_told(
            TestDatabases databases, DatabaseKind kind) throws Exception {
        var settings = databases.migrated();
        Filled.fill(settings);
        var file = backup(settings, "one", NOW);
        try (var database = Database.open(settings)) {
            database.migrations((id, own) -> file.toString()).rollback(2);
        }
        var before = Filled.sums(settings);

        var report = new Rehearsal(settings, null).withNewestBeside(new FilePlace(folder.resolve("any")));

        assertThat(report.up()).extracting("id").containsExactly("0007_operations", "0008_backups");
        assertThat(report.down()).extracting("id").containsExactly("0008_backups", "0007_operations");
        assertThat(report.again()).extracting("id").containsExactly("0007_operations", "0008_backups");
        assertThat(report.up().getFirst().spaceBytes()).isPositive();
        assertThat(report.up().getFirst().strongestLock()).isEqualTo(kind.postgres() ? "SHARE ROW EXCLUSIVE" : "");
        assertThat(report.noWayBack()).isEmpty();
        assertThat(report.changed()).isEmpty();
        assertThat(report.flows().tried()).isEqualTo(2);
        // The rows are generated: no journal and no flow that any program ever wrote.
        assertThat(report.failures())
                .anyMatch(line -> line.startsWith("run 0VSQxxxx"))
                .anyMatch(line -> line.startsWith("flow version 0VSQxxxx"));
        assertThat(Filled.sums(settings)).isEqualTo(before);
        assertThat(schemas(settings)).isEmpty();
    }

    @OnBothDatabases
    void the_newest_backup_that_verifies_is_taken(TestDatabases databases, DatabaseKind kind) throws Exception {
        if (kind.postgres()) {
            return; // the same files
        }
        var settings = databases.migrated();
        var good = backup(settings, "good", NOW);
        backup(settings, "older", NOW.minusSeconds(60));
        var bad = backup(settings, "bad", NOW.plusSeconds(60));
        var bytes = Files.readAllBytes(folder.resolve("bad"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(folder.resolve("bad"), bytes);
        // What it says itself counts, not when it was copied.
        Files.setLastModifiedTime(folder.resolve("good"), FileTime.from(NOW.minusSeconds(600)));
        Files.writeString(folder.resolve("note"), "not an archive");
        var rehearsal = new Rehearsal(settings, null);

        var report = rehearsal.withNewestBeside(new FilePlace(folder.resolve("any")));
        assertThat(report.backup()).isEqualTo(good);
        assertThat(report.up()).isEmpty();
        assertThat(report.failures()).isEmpty();
        assertThatThrownBy(() -> rehearsal.with(bad)).isInstanceOf(ArchiveRefusal.class);
        assertThatThrownBy(() -> rehearsal.withNewestBeside(new FilePlace(folder.resolve("nowhere/any"))))
                .isInstanceOf(ArchiveRefusal.class)
                .hasMessageStartingWith("there is no backup that verifies in ")
                .hasMessageContaining("millrace db backup");
    }

    @OnBothDatabases
    void one_rehearsal_at_a_time_and_what_a_killed_one_left_goes(TestDatabases databases, DatabaseKind kind)
            throws Exception {
        if (!kind.postgres()) {
            return;
        }
        var settings = (DatabaseSettings.Postgres) databases.migrated();
        var file = backup(settings, "one", NOW);
        var rehearsal = new Rehearsal(settings, null);
        try (var running = ScratchSchema.make(settings).orElseThrow()) {
            assertThatThrownBy(() -> rehearsal.with(file))
                    .isInstanceOf(DatabaseRefusal.class)
                    .hasMessageStartingWith("another rehearsal runs in the database ");
            // As when the process of it is killed.
            databases.adminOf(
                    settings,
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname ="
                            + " current_database() AND application_name = 'millrace:rehearsal'");
            assertThat(schemas(settings)).containsExactly(ScratchSchema.NAME);
            ScratchSchema.make(settings).orElseThrow().close();
        }
        assertThat(schemas(settings)).isEmpty();

        databases.adminOf(settings, "CREATE SCHEMA " + ScratchSchema.NAME);
        assertThatThrownBy(() -> rehearsal.with(file))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("that no rehearsal made: rename it");
    }

    @OnBothDatabases
    void a_role_that_may_not_make_a_schema_rehearses_on_sqlite(TestDatabases databases, DatabaseKind kind) {
        if (!kind.postgres()) {
            return;
        }
        var settings = (DatabaseSettings.Postgres) databases.migrated();
        var file = backup(settings, "one", NOW);
        databases.admin("ALTER DATABASE " + settings.database() + " OWNER TO postgres");

        assertThat(new Rehearsal(settings, null).with(file).scratch()).isEqualTo("a temporary SQLite database");
    }

    private static List<String> schemas(DatabaseSettings settings) throws Exception {
        if (!(settings instanceof DatabaseSettings.Postgres)) {
            return List.of();
        }
        try (var direct = Direct.beside(settings, "test")) {
            return direct.texts("SELECT nspname FROM pg_namespace WHERE nspname = '" + ScratchSchema.NAME + "'");
        }
    }
}
