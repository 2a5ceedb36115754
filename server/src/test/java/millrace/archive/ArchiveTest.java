package millrace.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import millrace.config.DatabaseSettings;
import millrace.database.Database;
import millrace.database.DatabaseRefusal;
import millrace.database.OnBothDatabases;
import millrace.database.TestDatabases;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveTest {
    private static final Instant NOW = Instant.parse("2026-11-27T13:00:00Z");
    private static final Backup BACKUP = new Backup("test", InstantSource.fixed(NOW));

    @TempDir
    private Path folder;

    private ArchivePlace at(String name) {
        return new FilePlace(folder.resolve(name));
    }

    @OnBothDatabases
    void every_table_comes_back_as_it_was_on_both_databases(TestDatabases databases) throws Exception {
        var source = databases.migrated();
        Filled.fill(source);
        var original = Filled.sums(source);

        var first = BACKUP.make(source, at("first"));
        var here = databases.empty();
        Restore.restore(first.place(), here, false, Restore.Mode.HELD, null);
        var file = new DatabaseSettings.Sqlite(folder.resolve("elsewhere.db"));
        Restore.restore(first.place(), file, false, Restore.Mode.HELD, null);
        var second = BACKUP.make(file, at("second"));
        var again = databases.empty();
        Restore.restore(second.place(), again, false, Restore.Mode.RELEASED, null);

        assertThat(original)
                .hasSizeGreaterThan(40)
                .allSatisfy((table, sum) -> assertThat(sum).contains("rows=2"));
        assertThat(Filled.sums(here)).isEqualTo(original);
        assertThat(Filled.sums(file)).isEqualTo(original);
        assertThat(Filled.sums(again)).isEqualTo(original);
        assertThat(Verification.verify(second.place(), null).rows()).isEqualTo(second.rows());
        opens(again);
    }

    /** The schema of a restored database is the one that a start makes: nothing is pending, partitions are there. */
    private static void opens(DatabaseSettings settings) {
        try (var database = Database.open(settings)) {
            assertThat(database.migrations().status().pending()).isEmpty();
            database.prepare();
        }
    }

    @OnBothDatabases
    void a_database_with_tables_is_replaced_only_by_force_and_stays_when_that_fails(TestDatabases databases)
            throws Exception {
        var source = databases.migrated();
        Filled.fill(source);
        var archive = BACKUP.make(source, at("good")).place();
        var target = databases.migrated();
        var before = Filled.sums(target);
        var broken = folder.resolve("broken");
        Files.write(broken, orphan(archive, source));

        assertThatThrownBy(() -> Restore.restore(archive, target, false, Restore.Mode.HELD, null))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("holds tables of Millrace already")
                .hasMessageContaining("--force");
        assertThatThrownBy(() -> Restore.restore(new FilePlace(broken), target, true, Restore.Mode.HELD, null))
                .isInstanceOf(DatabaseRefusal.class)
                .hasMessageContaining("project");
        assertThat(Filled.sums(target)).isEqualTo(before);
        Restore.restore(archive, target, true, Restore.Mode.HELD, null);
        assertThat(Filled.sums(target)).isEqualTo(Filled.sums(source));
    }

    /** A well-formed archive whose flows have lost their project. */
    private byte[] orphan(ArchivePlace archive, DatabaseSettings source) throws Exception {
        var out = new java.io.ByteArrayOutputStream();
        try (var reader = new ArchiveReader(archive)) {
            var writer = new ArchiveWriter(out, reader.manifest());
            reader.readAll(new ArchiveReader.Rows() {
                private int number = -1;
                private ArchiveWriter.@Nullable Table table;

                @Override
                public void begin(TableShape shape) {
                    number++;
                    table = writer.table(shape, number);
                }

                @Override
                public void row(@Nullable Object[] row) {
                    try {
                        if (!reader.manifest().tables().get(number).name().equals("project")) {
                            Objects.requireNonNull(table).add(row);
                        }
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }

                @Override
                public void end() {
                    try {
                        Objects.requireNonNull(table).end();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            writer.end();
        }
        return out.toByteArray();
    }

    @OnBothDatabases
    void a_backup_leaves_nothing_of_one_that_failed(TestDatabases databases) throws Exception {
        var left = Files.writeString(folder.resolve(".killed.millrace.partial"), "left over");
        var unrelated = Files.writeString(folder.resolve("notes.txt"), "mine");
        var old = BACKUP.make(databases.migrated(), at("old")).place();
        Files.setLastModifiedTime(
                folder.resolve("old"), java.nio.file.attribute.FileTime.from(NOW.minus(Duration.ofDays(40))));
        Files.setLastModifiedTime(unrelated, java.nio.file.attribute.FileTime.from(NOW.minus(Duration.ofDays(40))));

        var made = BACKUP.make(databases.migrated(), at("new"));
        assertThatThrownBy(() -> BACKUP.make(databases.empty(), at("none"))).isInstanceOf(DatabaseRefusal.class);

        assertThat(BACKUP.removeOlder(made.place(), Duration.ofDays(30))).containsExactly(old.toString());
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactlyInAnyOrder(folder.resolve("new"), unrelated);
        }
        assertThat(left).doesNotExist();
    }

    @Test
    void every_changed_byte_is_found() throws Exception {
        var archive = smallArchive();
        var bytes = Files.readAllBytes(archive);
        var changed = folder.resolve("changed");
        for (int i = 0; i < bytes.length; i++) {
            var copy = bytes.clone();
            copy[i] ^= (byte) (1 << (i % 8));
            Files.write(changed, copy);

            refused(changed);
        }
    }

    @Test
    void what_is_cut_off_added_or_moved_is_found() throws Exception {
        var archive = smallArchive();
        var bytes = Files.readAllBytes(archive);
        var changed = folder.resolve("changed");
        for (int length = 0; length < bytes.length; length += 1 + length / 50) {
            Files.write(changed, Arrays.copyOf(bytes, length));
            refused(changed);
        }
        Files.write(changed, Arrays.copyOf(bytes, bytes.length + 1));
        refused(changed);

        var frames = frames(bytes);
        assertThat(frames).hasSize(4);
        for (int i = 0; i + 1 < frames.size(); i++) {
            var swapped = new java.util.ArrayList<>(frames);
            java.util.Collections.swap(swapped, i, i + 1);
            Files.write(changed, joined(bytes, swapped));
            refused(changed);
            var without = new java.util.ArrayList<>(frames);
            without.remove(i);
            Files.write(changed, joined(bytes, without));
            refused(changed);
        }
    }

    private static void refused(Path changed) {
        assertThatThrownBy(() -> Verification.days(new FilePlace(changed), null))
                .isInstanceOf(ArchiveRefusal.class)
                .hasMessageContaining(changed.toString());
    }

    private static List<byte[]> frames(byte[] bytes) {
        var frames = new java.util.ArrayList<byte[]>();
        for (int at = ArchiveWriter.FIRST_LINE.length; at < bytes.length; ) {
            int packed = java.nio.ByteBuffer.wrap(bytes).getInt(at + 7);
            int end = at + ArchiveWriter.HEAD + packed + 32;
            frames.add(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        return frames;
    }

    private static byte[] joined(byte[] archive, List<byte[]> frames) {
        var out = new java.io.ByteArrayOutputStream();
        out.write(archive, 0, ArchiveWriter.FIRST_LINE.length);
        frames.forEach(out::writeBytes);
        return out.toByteArray();
    }

    @Test
    void a_wrong_key_is_found() throws Exception {
        var archive = folder.resolve("keyed");
        Files.write(archive, archiveOf("0123456789abcdef"));

        Verification.verify(new FilePlace(archive), "0123456789abcdef");

        assertThatThrownBy(() -> Verification.verify(new FilePlace(archive), "fedcba9876543210"))
                .isInstanceOf(ArchiveRefusal.class)
                .hasMessageContaining("AP_ENCRYPTION_KEY");
    }

    private Path smallArchive() throws IOException {
        return Files.write(folder.resolve("small"), archiveOf(null));
    }

    /** A schema with few rows: a frame each for two tables. */
    private static byte[] archiveOf(@Nullable String fingerprint) throws IOException {
        var shapes = List.of(shape("flag", ColumnType.JSONB), shape("folder", null), shape("process", null));
        var manifest = new Manifest(
                "test", "SQLITE", NOW, List.of("0001_tenants", "0002_flows", "0003_runs"), fingerprint, shapes);
        var out = new java.io.ByteArrayOutputStream();
        var writer = new ArchiveWriter(out, manifest);
        var flag = writer.table(shapes.get(0), 0);
        flag.add(new Object[] {RowBuffer.utf8("a"), RowBuffer.utf8("{\"b\": 1, \"a\": 2}")});
        flag.end();
        writer.table(shapes.get(1), 1).end();
        var process = writer.table(shapes.get(2), 2);
        process.add(new Object[] {RowBuffer.utf8("p"), RowBuffer.utf8("name")});
        process.end();
        writer.end();
        return out.toByteArray();
    }

    private static TableShape shape(String table, @Nullable ColumnType second) {
        var name = table.equals("flag") ? "value" : table.equals("folder") ? "projectId" : "name";
        return new TableShape(
                table,
                List.of("id"),
                List.of(
                        new TableShape.Column("id", ColumnType.TEXT),
                        new TableShape.Column(name, second == null ? ColumnType.TEXT : second)));
    }
}
