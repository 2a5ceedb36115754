package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import millrace.config.DatabaseSettings.Sqlite;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteTest {
    @TempDir
    Path folder;

    @Test
    void the_file_is_durable_checked_and_can_shrink() {
        try (var database = Database.open(new Sqlite(folder.resolve("a.db")))) {
            database.prepare();

            assertThat(pragma(database, "journal_mode")).isEqualTo("wal");
            assertThat(pragma(database, "auto_vacuum")).isEqualTo("2");
            assertThat(pragma(database, "synchronous")).isEqualTo("2");
            assertThat(pragma(database, "foreign_keys")).isEqualTo("1");
        }
    }

    @Test
    void a_second_server_on_the_same_file_is_refused_by_any_name_and_the_first_goes_on() throws Exception {
        var settings = new Sqlite(folder.resolve("a.db"));
        var link = Files.createSymbolicLink(folder.resolve("link.db"), settings.file());
        try (var first = Database.open(settings)) {
            first.prepare();

            for (var name : List.of(settings.file(), link)) {
                assertThatThrownBy(() -> Database.open(new Sqlite(name)))
                        .isInstanceOf(DatabaseRefusal.class)
                        .hasMessageContaining(name + " is in use by another Millrace process")
                        .hasMessageNotContainingAny("\n");
            }
            assertThat(pragma(first, "user_version")).isEqualTo("0");
        }
        Database.open(settings).close();
    }

    @Test
    void the_status_can_be_asked_beside_a_running_server() {
        var settings = new Sqlite(folder.resolve("a.db"));
        try (var first = Database.open(settings)) {
            first.prepare();

            assertThat(SchemaCommands.status(settings).pending()).isEmpty();
        }
    }

    @Test
    void who_only_reads_leaves_the_file_as_it_was() throws Exception {
        var settings = new Sqlite(folder.resolve("a.db"));
        try (var first = Database.open(settings)) {
            first.prepare();
        }
        var before = Files.readAllBytes(settings.file());

        try (var direct = Direct.aloneOn(settings, "move")) {
            assertThat(direct.texts("SELECT id FROM schema_migration")).isNotEmpty();
        }
        assertThat(Files.readAllBytes(settings.file())).isEqualTo(before);
    }

    @Test
    void a_rollback_beside_a_running_server_is_refused() {
        var settings = new Sqlite(folder.resolve("a.db"));
        try (var first = Database.open(settings)) {
            first.prepare();

            assertThatThrownBy(() -> SchemaCommands.rollback(settings, Safeguard.NONE, 1))
                    .isInstanceOf(DatabaseRefusal.class)
                    .hasMessageContaining(settings.file().toString());
        }
        var gone = SchemaCommands.rollback(settings, Safeguard.NONE, 1);
        assertThat(gone).hasSize(1);
        assertThat(SchemaCommands.migrate(settings, Safeguard.NONE)).isEqualTo(gone);
    }

    @Test
    void a_transaction_within_a_transaction_is_refused_not_waited_for() {
        try (var database = Database.open(new Sqlite(folder.resolve("a.db")))) {
            assertThatThrownBy(() -> database.transact(tx -> database.transact(inner -> {})))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("do not nest");
        }
    }

    @Test
    void a_missing_folder_is_told() {
        assertThatThrownBy(() -> Database.open(new Sqlite(folder.resolve("nowhere/a.db"))))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void a_file_that_was_left_open_is_checked_and_a_damaged_one_refused() throws Exception {
        var file = folder.resolve("a.db");
        var copy = folder.resolve("b.db");
        try (var database = Database.open(new Sqlite(file))) {
            database.prepare();
            // As a process that dies leaves them.
            Files.copy(file, copy);
            Files.copy(folder.resolve("a.db-wal"), folder.resolve("b.db-wal"));
        }
        var log = Files.readAllBytes(folder.resolve("b.db-wal"));
        Database.open(new Sqlite(copy)).close();

        Files.write(folder.resolve("b.db-wal"), log);
        var bytes = Files.readAllBytes(copy);
        java.util.Arrays.fill(bytes, 4096, Math.min(bytes.length, 3 * 4096), (byte) 0x5a);
        Files.write(copy, bytes);
        Files.write(folder.resolve("b.db-wal"), new byte[32]);

        assertThatThrownBy(() -> Database.open(new Sqlite(copy)))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("b.db")
                .hasMessageContaining("damaged");
    }

    @Test
    void a_crash_is_known_also_when_a_command_has_opened_the_file_since() throws Exception {
        var settings = new Sqlite(folder.resolve("a.db"));
        try (var database = Database.open(settings)) {
            database.prepare();
        }
        var lock = folder.resolve("a.db-lock");
        assertThat(lock).isEmptyFile();
        // As a process that dies leaves it.
        Files.write(lock, new byte[1]);
        SchemaCommands.status(settings);
        var bytes = Files.readAllBytes(settings.file());
        java.util.Arrays.fill(bytes, 3 * 4096, 4 * 4096, (byte) 0x5a);
        Files.write(settings.file(), bytes);

        for (int start = 0; start < 2; start++) {
            assertThatThrownBy(() -> Database.open(settings))
                    .isInstanceOf(DatabaseRefusal.class)
                    .hasMessageContaining("damaged");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.sshfs", "fuse.glusterfs", "lustre"})
    void another_machines_disk_is_known_by_its_kind(String kind) {
        assertThat(SqliteConnector.network(kind)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk", "apfs", "ntfs"})
    void a_local_disk_is_not_refused(String kind) {
        assertThat(SqliteConnector.network(kind)).isFalse();
    }

    private static String pragma(Database database, String name) {
        return database.read(tx -> tx.sql().resultQuery("PRAGMA " + name).fetchSingle(0, String.class));
    }
}
