package millrace.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import millrace.config.DatabaseSettings;

/** Real processes that change the schema: killed in the middle of a change set, and several at once. */
class MigrationKillTest {
    private static final int KILLED = 137;
    private static final boolean NIGHTLY = Boolean.getBoolean("millrace.nightly");

    /** At night in every change set: before its first statement, in its middle and before its commit. */
    @OnBothDatabases
    void the_start_after_a_kill_finishes_within_half_a_minute(TestDatabases databases, DatabaseKind kind)
            throws Exception {
        if (kind == DatabaseKind.POSTGRES_14 && !NIGHTLY) {
            return;
        }
        var full = new Catalogue(databases.migrated()).all();
        var sets = ChangeSet.all(kind.postgres() ? new PostgresDialect() : new SqliteDialect());
        for (var set : NIGHTLY ? sets : sets.subList(2, 3)) {
            int statements = SqlScript.statements(set.up()).size();
            for (int after :
                    NIGHTLY ? new TreeSet<>(List.of(0, statements / 2, statements)) : List.of(statements / 2)) {
                var settings = databases.empty();

                var process = start(settings, set.id(), Integer.toString(after));
                assertThat(process.waitFor()).as("%s after %s", set.id(), after).isEqualTo(KILLED);

                long began = System.nanoTime();
                try (var database = Database.open(settings)) {
                    assertThat(database.migrations().status().applied())
                            .extracting(MigrationStatus.Applied::id)
                            .containsExactlyElementsOf(sets.stream()
                                    .map(ChangeSet::id)
                                    .takeWhile(id -> !id.equals(set.id()))
                                    .toList());
                    database.prepare();
                }
                assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(30));
                assertThat(new Catalogue(settings).all()).isEqualTo(full);
            }
        }
    }

    /** The same with threads is in MigrationsTest, every day. */
    @OnBothDatabases
    void processes_that_start_at_once_apply_each_once(TestDatabases databases, DatabaseKind kind) throws Exception {
        if (!kind.postgres() || !NIGHTLY) {
            return;
        }
        var settings = databases.empty();
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 4; i++) {
            processes.add(start(settings));
        }
        var applied = new ArrayList<String>();
        for (var process : processes) {
            new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.matches("\\d{4}_\\w+"))
                    .forEach(applied::add);
            assertThat(process.waitFor()).isZero();
        }
        assertThat(applied)
                .containsExactlyElementsOf(ChangeSet.all(new PostgresDialect()).stream()
                        .map(ChangeSet::id)
                        .toList());
    }

    private static Process start(DatabaseSettings settings, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                KilledMigration.class.getName()));
        command.addAll(Arrays.asList(arguments));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().keySet().removeIf(name -> name.startsWith("AP_"));
        builder.environment().putAll(environment(settings));
        return builder.start();
    }

    private static Map<String, String> environment(DatabaseSettings settings) {
        return switch (settings) {
            case DatabaseSettings.Sqlite sqlite ->
                Map.of("AP_DB_TYPE", "SQLITE3", "AP_SQLITE_PATH", sqlite.file().toString());
            case DatabaseSettings.Postgres postgres -> {
                var all = new HashMap<String, String>();
                all.put("AP_DB_TYPE", "POSTGRES");
                all.put("AP_POSTGRES_HOST", postgres.hosts().getFirst().name());
                all.put(
                        "AP_POSTGRES_PORT",
                        Integer.toString(postgres.hosts().getFirst().port()));
                all.put("AP_POSTGRES_DATABASE", postgres.database());
                all.put("AP_POSTGRES_USERNAME", postgres.user());
                all.put(
                        "AP_POSTGRES_PASSWORD",
                        Objects.requireNonNull(postgres.password()).value());
                yield all;
            }
        };
    }
}
