package millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.BasicConfigurator;
import ch.qos.logback.classic.LoggerContext;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import millrace.Millrace;
import millrace.config.DatabaseSettings;
import millrace.config.Settings;
import millrace.database.Direct;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The command line as the launcher calls it, but in this process. */
class MainTest {
    @TempDir
    Path directory;

    private String printed = "";
    private String complained = "";

    @Test
    void bad_settings_end_every_command_with_78_and_start_nothing() {
        var code = run(Map.of("AP_PORT", "eighty", "AP_LOG_LEVEL", "loud"), "server");

        assertThat(code).isEqualTo(78);
        assertThat(complained)
                .startsWith("millrace: 2 bad settings: ")
                .contains("AP_PORT", "AP_LOG_LEVEL")
                .containsOnlyOnce("\n");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void change_sets_are_applied_listed_and_taken_back() {
        assertThat(run(Map.of(), "db", "status", "--json")).isZero();
        var before = Json.read(printed);
        assertThat(run(Map.of(), "db", "migrate")).isZero();
        assertThat(run(Map.of(), "db", "status", "--json")).isZero();
        var after = Json.read(printed);
        assertThat(run(Map.of(), "db", "rollback")).isZero();
        assertThat(printed).startsWith("took back ");
        assertThat(run(Map.of(), "db", "status")).isZero();

        assertThat(before.path("applied")).isEmpty();
        assertThat(before.path("pending")).isNotEmpty();
        assertThat(after.path("pending")).isEmpty();
        assertThat(after.at("/applied/0/id").asText())
                .isEqualTo(before.at("/pending/0/id").asText());
        assertThat(printed).endsWith(" applied, 1 pending\n");
    }

    @Test
    void rows_are_backed_up_before_a_rollback_drops_them() throws Exception {
        assertThat(run(Map.of(), "db", "migrate")).isZero();
        assertThat(run(Map.of(), "db", "release")).isZero();
        Files.writeString(directory.resolve("file"), "in the way");

        assertThat(run(Map.of("AP_BACKUP_LOCATION", "file"), "db", "rollback")).isEqualTo(1);
        assertThat(complained.lines().reduce("", (first, last) -> last))
                .startsWith("millrace: migration 0008_backups of the database ")
                .contains("was not rolled back, since the backup before it failed: the backup ");
        assertThat(listed())
                .singleElement()
                .asString()
                .startsWith("FAILED " + directory.resolve("file"))
                .endsWith("-before-0008_backups.millrace");
        assertThat(run(Map.of(), "db", "rollback")).isZero();
        var kept = complained.replaceAll("(?s).* is kept in the backup (\\S+),.*", "$1");
        assertThat(Path.of(kept)).hasParent(directory.resolve("backups"));
        assertThat(run(Map.of(), "db", "verify", kept)).isZero();
        assertThat(run(Map.of(), "db", "restore", kept, "--force", "--release")).isZero();
        assertThat(run(Map.of(), "db", "status")).isZero();
        assertThat(printed).endsWith(" applied, 0 pending\n");
        assertThat(listed()).as("not itself, which was being made").hasSize(1);
        var settings = Settings.load(Map.of(), directory);
        try (var direct = Direct.beside(settings.database(), "migrations")) {
            var another = DatabaseCommands.backups(settings).keep("0009_more", direct);
            assertThat(listed()).hasSize(2).contains("VERIFIED " + another);
        }
    }

    @Test
    void a_database_is_backed_up_verified_restored_and_moved() {
        assertThat(run(Map.of(), "db", "migrate")).isZero();
        assertThat(run(Map.of(), "db", "backup", "--out", "one.millrace")).isZero();
        assertThat(printed).contains("keys are not in the backup", "keys.env");
        assertThat(run(Map.of(), "db", "verify", "one.millrace")).isZero();
        assertThat(run(Map.of(), "db", "restore", "one.millrace")).isEqualTo(1);
        assertThat(complained).endsWith("name an empty one with --to, or replace them with --force\n");
        assertThat(run(Map.of(), "db", "restore", "one.millrace", "--force")).isZero();
        assertThat(run(Map.of(), "db", "release")).isZero();
        assertThat(printed).startsWith("held since ");
        assertThat(run(Map.of(), "db", "release", "--json")).isZero();
        assertThat(Instant.parse(Json.read(printed).path("since").asText())).isBefore(Instant.now());
        assertThat(run(Map.of(), "db", "rpo", "--json")).isZero();
        assertThat(run(Map.of(), "db", "release", "--all")).isZero();
        assertThat(run(Map.of(), "db", "move", "--from", "sqlite:activepieces.db", "--to", "sqlite:moved.db"))
                .isZero();
        assertThat(run(Map.of("AP_SQLITE_PATH", "moved.db"), "db", "release")).isZero();
        assertThat(printed).isEqualTo("nothing is held\n");
        assertThat(directory.resolve("moved.db")).isRegularFile();
    }

    @Test
    void who_only_asks_makes_nothing_and_no_failure_shows_a_stack() {
        assertThat(run(Map.of(), "db", "status")).isZero();
        assertThat(run(Map.of(), "db", "migrate", "--dry-run")).isZero();
        assertThat(printed).startsWith("-- migration 0001_tenants\n-- way back: yes; one transaction\n-- locks: ");
        assertThat(run(Map.of(), "db", "migrate", "--rehearse")).isEqualTo(1);
        assertThat(complained)
                .isEqualTo("millrace: there is no backup that verifies in " + directory.resolve("backups")
                        + ": make one with millrace db backup, or name one with --from FILE\n");
        assertThat(directory).isEmptyDirectory();
        assertThat(run(Map.of(), "db", "migrate", "--rehearse", "--to", "0001_tenants"))
                .isEqualTo(1);
        assertThat(complained).isEqualTo("millrace: --dry-run, --rehearse and --to exclude each other\n");
    }

    @Test
    void an_upgrade_is_rehearsed() {
        assertThat(run(Map.of(), "db", "migrate", "--to", "0006_tables")).isZero();
        assertThat(run(Map.of(), "db", "backup")).isZero();

        assertThat(run(Map.of(), "db", "migrate", "--rehearse")).isZero();
        assertThat(printed)
                .contains("0008_backups")
                .contains("after the ways back the rows of all tables were the same\n")
                .endsWith("flow versions: 0, all load\n");
        assertThat(run(Map.of(), "db", "migrate", "--rehearse", "--json")).isZero();
        assertThat(Json.read(printed).path("migrations"))
                .extracting(one -> one.path("id").asText())
                .containsExactly("0007_operations", "0008_backups");
        assertThat(run(Map.of(), "db", "status")).isZero();
        assertThat(printed).endsWith("6 applied, 2 pending\n");
        assertThat(run(Map.of(), "db", "backup", "--out", "old")).isZero();
        assertThat(complained).isEmpty();
        assertThat(run(Map.of(), "db", "restore", "old", "--to", "sqlite:a.db")).isEqualTo(1);
        assertThat(complained).contains("can't be held: restore it with --release");
        assertThat(run(Map.of(), "db", "restore", "old", "--to", "sqlite:a.db", "--release"))
                .isZero();
        assertThat(run(Map.of(), "db", "move", "--from", "sqlite:a.db", "--to", "sqlite:b.db"))
                .isZero();
    }

    @Test
    void backups_of_the_configured_database_are_in_its_list() throws Exception {
        var folder = Files.createDirectory(directory.resolve("a-folder"));
        assertThat(run(Map.of(), "db", "migrate")).isZero();
        assertThat(run(Map.of(), "db", "backup", "--out", folder.toString())).isEqualTo(1);
        assertThat(complained).endsWith("there is a folder of this name\n");
        assertThat(listed()).containsExactly("FAILED " + folder);

        assertThat(run(Map.of(), "db", "backup", "--out", "one.millrace")).isZero();
        assertThat(listed()).containsExactly("FAILED " + folder, "COMPLETE " + directory.resolve("one.millrace"));
        assertThat(run(Map.of(), "db", "verify", "one.millrace")).isZero();
        assertThat(listed()).containsExactly("FAILED " + folder, "VERIFIED " + directory.resolve("one.millrace"));

        Files.copy(directory.resolve("one.millrace"), directory.resolve("copy"));
        assertThat(run(Map.of(), "db", "verify", "copy")).isZero();
        assertThat(printed).doesNotContain("the list");
        assertThat(run(Map.of("AP_SQLITE_PATH", "none.db"), "db", "verify", "copy"))
                .isZero();
        assertThat(directory.resolve("none.db")).doesNotExist();
    }

    @Test
    void a_newer_schema_is_refused_by_everything_but_its_status() throws Exception {
        assertThat(run(Map.of(), "db", "migrate")).isZero();
        assertThat(run(Map.of(), "db", "backup", "--out", "one.millrace")).isZero();
        try (var direct = Direct.beside(new DatabaseSettings.Sqlite(directory.resolve("activepieces.db")), "test")) {
            direct.execute("INSERT INTO schema_migration SELECT '0999_newer', checksum, \"appliedAt\", millis"
                    + " FROM schema_migration LIMIT 1");
        }
        var before = listed();

        for (var command : List.of(
                "db migrate",
                "db migrate --dry-run",
                "db rollback",
                "db backup",
                "db restore one.millrace --force",
                "db move --from sqlite:activepieces.db --to sqlite:moved.db",
                "db release",
                "db release --all",
                "db rpo",
                "run why x")) {
            assertThat(run(Map.of(), command.split(" "))).as(command).isEqualTo(1);
            assertThat(complained.strip().lines().reduce("", (first, last) -> last))
                    .as(command)
                    .startsWith("millrace: the database " + directory.resolve("activepieces.db")
                            + " has migration 0999_newer, which this program, Millrace " + Millrace.VERSION);
        }
        assertThat(listed()).isEqualTo(before);
        assertThat(run(Map.of(), "db", "status")).isZero();
        assertThat(printed).contains("  0999_newer\n");
    }

    private List<String> listed() throws SQLException {
        try (var direct = Direct.beside(new DatabaseSettings.Sqlite(directory.resolve("activepieces.db")), "test")) {
            return direct.texts("SELECT status || ' ' || location FROM backup WHERE kind = 'BACKUP' ORDER BY created");
        }
    }

    @Test
    void a_command_that_is_not_understood_is_refused_in_one_line() {
        assertThat(run(Map.of(), "db", "verify")).isEqualTo(2);
        assertThat(complained)
                .isEqualTo("millrace: Missing required parameter: 'FILE'; see millrace db verify --help\n");
        assertThat(run(Map.of(), "db", "restore", "f", "--to", "mysql://x")).isEqualTo(78);
        assertThat(complained).endsWith("--to: is neither sqlite:PATH nor a URL postgresql://…\n");
    }

    @Test
    void a_failure_before_the_settings_are_read_is_one_line_too() {
        // As at the start of a process.
        var logback = (LoggerContext) LoggerFactory.getILoggerFactory();
        logback.reset();
        var standard = new BasicConfigurator();
        standard.setContext(logback);
        standard.configure(logback);

        assertThat(run(Map.of(), "db", "rollback", "--count", "0")).isEqualTo(1);
        assertThat(complained).isEqualTo("millrace: --count must be at least 1\n");
    }

    @Test
    void a_failure_is_one_line_without_a_stack() {
        var code = run(
                Map.of(
                        "AP_POSTGRES_URL",
                        "postgresql://u:hush@127.0.0.1:1/d",
                        "AP_POSTGRES_CONNECT_TIMEOUT_SECONDS",
                        "1"),
                "db",
                "status");

        assertThat(code).isEqualTo(1);
        assertThat(complained.strip().lines().reduce("", (first, last) -> last))
                .startsWith("millrace: ")
                .contains("127.0.0.1:1/d");
        assertThat(complained).doesNotContain("hush", "\tat ");
    }

    private int run(Map<String, String> environment, String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var standardOut = System.out;
        var standardErr = System.err;
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            return new Main(environment, directory).run(arguments);
        } finally {
            System.setOut(standardOut);
            System.setErr(standardErr);
            printed = out.toString(StandardCharsets.UTF_8);
            complained = err.toString(StandardCharsets.UTF_8);
        }
    }
}
