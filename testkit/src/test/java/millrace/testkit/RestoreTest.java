package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import millrace.archive.ArchivePlaces;
import millrace.archive.Backup;
import millrace.archive.Hold;
import millrace.archive.Rehearsal;
import millrace.archive.Restore;
import millrace.config.DatabaseSettings;
import millrace.config.Settings;
import millrace.database.Database;
import millrace.database.Direct;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a running server, restored into the other kind of database beside a counter of effects. */
class RestoreTest {
    private static final Map<String, String> KEYS =
            Map.of("AP_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef", "AP_JWT_SECRET", "secret");

    @TempDir
    private Path folder;

    private static Step delay(String unit, int amount) {
        return Step.piece("@activepieces/piece-delay", "0.3.0", "delayFor")
                .input("unit", unit)
                .input("delayFor", amount);
    }

    private static Step effect(TestMillrace millrace, String path) {
        return Step.httpPost(millrace.echo().url() + path, Json.object());
    }

    private Map<String, String> other(TestDatabase.Kind kind) {
        var settings = new HashMap<>(KEYS);
        if (kind == TestDatabase.Kind.SQLITE) {
            settings.putAll(TestDatabase.create(TestDatabase.Kind.POSTGRES).settings());
            settings.put("AP_DB_TYPE", "POSTGRES");
        } else {
            settings.put("AP_DB_TYPE", "SQLITE3");
            settings.put("AP_SQLITE_PATH", folder.resolve("restored.db").toString());
        }
        return settings;
    }

    @OnBothDatabases
    void what_was_in_flight_at_the_backup_has_no_effect_again(TestDatabase.Kind kind) throws Exception {
        var elsewhere = other(kind);
        var target = Settings.load(elsewhere, folder).database();
        try (var source = TestMillrace.start(kind, KEYS)) {
            var echo = source.echo();
            source.echo().holds("/hanging");
            var due = source.publish(
                    flow().onWebhook().step("wait", delay("minutes", 30)).step("a", effect(source, "/due")));
            var later = source.publish(
                    flow().onWebhook().step("wait", delay("hours", 1)).step("a", effect(source, "/later")));
            var busy = source.publish(
                    flow().onWebhook().step("a", effect(source, "/hanging")).step("b", effect(source, "/after")));
            var next = source.publish(
                    flow().onWebhook().step("wait", delay("seconds", 1)).step("a", effect(source, "/new")));
            source.webhook(later, "{}");
            source.webhook(busy, "{}");
            assertThat(echo.holds("/hanging").await(60, java.util.concurrent.TimeUnit.SECONDS))
                    .isTrue();
            source.webhook(due, "{}");
            source.owner().paused(later);
            source.owner().paused(due);

            var made = new Backup("test", InstantSource.system())
                    .make(source.databaseSettings(), ArchivePlaces.file(folder.resolve("b")));
            var rehearsed = new Rehearsal(source.databaseSettings(), null).with(made.place());
            assertThat(rehearsed.failures()).isEmpty();
            assertThat(rehearsed.runs().paused()).isEqualTo(2);
            assertThat(rehearsed.runs().others()).isEqualTo(1);
            assertThat(rehearsed.flows().bySchema().values()).containsExactly(4);
            Restore.restore(made.place(), target, false, Restore.Mode.HELD, null);
            letTimePass(target, due);
            try (var restored = TestMillrace.start(kind, elsewhere)) {
                var owner = restored.owner();
                restored.webhook(next, "{}");
                owner.ended(next, 1);

                assertThat(echo.count("/new")).isEqualTo(1);
                assertThat(echo.count("/due")).isZero();
                assertThat(echo.count("/hanging")).isEqualTo(1);
                var held = owner.runs(busy).getFirst().path("id").asText();
                assertThat(owner.get("/flow-runs/" + held + "/why")
                                .success()
                                .path("reason")
                                .asText())
                        .isEqualTo("HELD");
                release(target);
                restored.webhook(next, "{}");
                owner.ended(next, 2);

                assertThat(owner.onlyRun(busy).path("status").asText()).isEqualTo("CANCELED");
                assertThat(owner.onlyRun(due).path("status").asText()).isEqualTo("CANCELED");
                assertThat(owner.runs(later).getFirst().path("status").asText()).isEqualTo(RunStatus.PAUSED.name());
                assertThat(echo.count("/due")).isZero();
                assertThat(echo.count("/hanging")).isEqualTo(1);
                assertThat(echo.count("/after")).isZero();
                assertThat(echo.count("/later")).isZero();
            }
        }
    }

    private static void letTimePass(DatabaseSettings target, String flowId) throws Exception {
        try (var direct = Direct.beside(target, "test")) {
            direct.execute("UPDATE run_queue SET \"dueAt\" = created WHERE \"flowId\" = '" + flowId + "'");
        }
    }

    private static void release(DatabaseSettings target) {
        try (var database = Database.beside(target)) {
            var hold = new Hold(database, true);
            assertThat(hold.held().runs())
                    .anySatisfy(run -> assertThat(run.stepInDoubt()).isEqualTo("a"));
            assertThat(hold.release(Hold.Decision.SKIP_IN_DOUBT)).isEqualTo(new Hold.Released(2, 1));
        }
    }

    @Test
    void a_clone_takes_no_webhooks_and_is_never_released() throws Exception {
        var elsewhere = other(TestDatabase.Kind.POSTGRES);
        var target = Settings.load(elsewhere, folder).database();
        try (var source = TestMillrace.start(TestDatabase.Kind.POSTGRES, KEYS)) {
            var flow = source.publish(flow().onWebhook().step("a", effect(source, "/a")));
            var made = new Backup("test", InstantSource.system())
                    .make(source.databaseSettings(), ArchivePlaces.file(folder.resolve("b")));
            Restore.restore(made.place(), target, false, Restore.Mode.CLONE, null);
            try (var restored = TestMillrace.start(TestDatabase.Kind.POSTGRES, elsewhere)) {
                var refused = restored.owner().open("POST", "/webhooks/" + flow, Json.object());

                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.json().path("code").asText()).isEqualTo("DATABASE_IS_A_CLONE");
                try (var database = Database.beside(target)) {
                    org.assertj.core.api.Assertions.assertThatThrownBy(
                                    () -> new Hold(database, true).release(Hold.Decision.ALL))
                            .hasMessageContaining("is a clone and is never released");
                }
            }
        }
    }

    @OnBothDatabases
    void the_server_lists_its_backups_and_offers_the_newest_that_verifies(TestDatabase.Kind kind) {
        try (var millrace = TestMillrace.start(kind, Map.of("AP_BACKUP_LOCATION", folder.toString()))) {
            var path = "/platform-admin/database/backups";
            var begun = millrace.owner().post(path, Json.object());
            var again = millrace.owner().post(path, Json.object());

            assertThat(begun.status()).isEqualTo(202);
            assertThat(again.status()).isIn(202, 409);
            var listed = millrace.owner().get(path).success().path("data");
            var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
            while (listed.findValuesAsText("status").contains("RUNNING") && System.nanoTime() < deadline) {
                Thread.onSpinWait();
                listed = millrace.owner().get(path).success().path("data");
            }
            assertThat(listed.path(0).path("status").asText()).isEqualTo("VERIFIED");
            assertThat(listed.path(0).path("offered").asBoolean()).isTrue();
            assertThat(Path.of(listed.path(0).path("location").asText())).isRegularFile();
            assertThat(millrace.owner()
                            .get("/platform-admin/database/rpo")
                            .success()
                            .path("from")
                            .asText())
                    .isEqualTo("BACKUP");
            var schema = millrace.owner().get("/platform-admin/database/status").success();
            assertThat(schema.path("pending")).isEmpty();
            assertThat(schema.path("applied"))
                    .isNotEmpty()
                    .allMatch(one -> !one.path("id").asText().isEmpty()
                            && !one.path("checksum").asText().isEmpty()
                            && one.path("appliedAt").asText().endsWith("Z"));
            assertThat(millrace.owner().get("/metrics").text())
                    .contains("\nmillrace_rpo_seconds ", "\nmillrace_rpo_source{source=\"backup\"} 1\n");
            assertThat(millrace.owner()
                            .get("/platform-admin/database/hold")
                            .success()
                            .path("held")
                            .asBoolean())
                    .isFalse();
            assertThat(millrace.owner().open("GET", path, null).status()).isIn(401, 403);
        }
    }

    @Test
    void a_backup_that_fails_is_told_to_the_operators_webhook() throws Exception {
        java.nio.file.Files.createFile(folder.resolve("file"));
        try (var operator = EchoServer.start();
                var millrace = TestMillrace.start(
                        TestDatabase.Kind.SQLITE,
                        Map.of(
                                "AP_BACKUP_LOCATION",
                                folder.resolve("file/below").toString(),
                                "AP_ALERT_WEBHOOK_URL",
                                operator.url() + "/alerts?key=hush"))) {
            millrace.owner().post("/platform-admin/database/backups", Json.object());

            var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
            while (operator.requests().isEmpty() && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
            var told = operator.requests().getFirst();
            var body = Json.read(told.path("body").asText());
            assertThat(told.path("method").asText()).isEqualTo("POST");
            assertThat(body.path("type").asText()).isEqualTo("BACKUP_FAILED");
            assertThat(body.path("message").asText()).contains("file/below");
            assertThat(millrace.owner()
                            .get("/platform-admin/database/backups")
                            .success()
                            .path("data")
                            .path(0)
                            .path("status")
                            .asText())
                    .isEqualTo("FAILED");
        }
    }

    /** Also with a file that was written to after it was verified: the list looks. */
    @Test
    void the_newest_backup_that_still_verifies_is_offered() throws Exception {
        try (var millrace =
                TestMillrace.start(TestDatabase.Kind.SQLITE, Map.of("AP_BACKUP_LOCATION", folder.toString()))) {
            var older = made(millrace, 1);
            var newer = made(millrace, 2);
            assertThat(newer.path("offered").asBoolean()).isTrue();

            var file = Path.of(newer.path("location").asText());
            var bytes = java.nio.file.Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            java.nio.file.Files.write(file, bytes);

            var listed = millrace.owner()
                    .get("/platform-admin/database/backups")
                    .success()
                    .path("data");
            assertThat(listed.path(0).path("offered").asBoolean()).isFalse();
            assertThat(listed.path(1).path("offered").asBoolean()).isTrue();
            assertThat(listed.path(1).path("id")).isEqualTo(older.path("id"));

            bytes[bytes.length / 2] ^= 1;
            java.nio.file.Files.write(file, bytes);
            java.nio.file.Files.setLastModifiedTime(
                    file, java.nio.file.attribute.FileTime.from(java.time.Instant.EPOCH));
            listed = millrace.owner()
                    .get("/platform-admin/database/backups")
                    .success()
                    .path("data");
            assertThat(listed.path(0).path("offered").asBoolean()).isTrue();
        }
    }

    private static com.fasterxml.jackson.databind.JsonNode made(TestMillrace millrace, int count) {
        var path = "/platform-admin/database/backups";
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (millrace.owner().post(path, Json.object()).status() != 202 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        var listed = millrace.owner().get(path).success().path("data");
        while ((listed.size() < count || listed.findValuesAsText("status").contains("RUNNING"))
                && System.nanoTime() < deadline) {
            Thread.onSpinWait();
            listed = millrace.owner().get(path).success().path("data");
        }
        return listed.path(0);
    }

    /** The ways of scripts that were written for Activepieces: pg_dump, gzip, cron with rotation, drop, create, psql. */
    @Test
    @EnabledIfSystemProperty(named = "millrace.nightly", matches = "true")
    void what_pg_dump_wrote_restores_and_is_held() throws Exception {
        DatabaseSettings own;
        try (var source = TestMillrace.start(TestDatabase.Kind.POSTGRES, KEYS)) {
            own = source.databaseSettings();
            var later = source.publish(flow().onWebhook().step("wait", delay("hours", 1)));
            source.webhook(later, "{}");
            source.owner().paused(later);
            cron(own);
            shell("pg_dump '" + url(own) + "' > backup.sql");
        }
        var elsewhere = new HashMap<>(KEYS);
        elsewhere.putAll(TestDatabase.create(TestDatabase.Kind.POSTGRES).settings());
        var target = Settings.load(elsewhere, folder).database();
        shell("gunzip -c activepieces_2*.sql.gz | psql -1 -q -v ON_ERROR_STOP=1 '" + url(target) + "'");
        held(target, "another PostgreSQL cluster or database");

        var name = ((DatabaseSettings.Postgres) own).database();
        var server = url(own).replaceAll("/[^/]*$", "/postgres");
        shell("psql -q '" + server + "' -c 'DROP DATABASE " + name + "' -c 'CREATE DATABASE " + name + "'");
        shell("psql -q -v ON_ERROR_STOP=1 '" + url(own) + "' < backup.sql");
        held(own, "another PostgreSQL cluster or database");

        shell("pg_dump '" + url(own) + "' > backup.sql");
        shell("psql -q '" + url(own) + "' -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public'");
        shell("psql -1 -q -v ON_ERROR_STOP=1 '" + url(own) + "' < backup.sql");
        held(own, "its tables were made anew");
    }

    /** A script for cron, with its rotation. */
    private void cron(DatabaseSettings settings) throws Exception {
        Files.writeString(
                folder.resolve("backup.sh"),
                "#!/bin/bash\nset -o pipefail\nBACKUP_DIR=" + folder + "\nDATE=$(date +%Y%m%d_%H%M%S)\npg_dump '"
                        + url(settings) + "' | gzip > $BACKUP_DIR/activepieces_$DATE.sql.gz\n"
                        + "find $BACKUP_DIR -name 'activepieces_*.sql.gz' -mtime +30 -delete\n");
        shell("touch -d '32 days ago' activepieces_1.sql.gz; bash backup.sh; test ! -e activepieces_1.sql.gz");
    }

    private static void held(DatabaseSettings settings, String reason) {
        try (var database = Database.open(settings)) {
            database.prepare();
            var hold = new Hold(database, true);
            hold.begin();
            assertThat(hold.held().reason()).contains(reason);
            assertThat(hold.held().counts().timersToCome()).isOne();
            assertThat(hold.release(Hold.Decision.ALL)).isEqualTo(new Hold.Released(0, 1));
            hold.begin();
            assertThat(hold.held().held()).isFalse();
        }
    }

    private static String url(DatabaseSettings settings) {
        var postgres = (DatabaseSettings.Postgres) settings;
        return "postgresql://" + postgres.user() + "@" + postgres.place();
    }

    private void shell(String command) throws Exception {
        var process = new ProcessBuilder("bash", "-o", "pipefail", "-c", command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
