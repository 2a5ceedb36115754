package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import millrace.archive.ArchivePlace;
import millrace.archive.ArchivePlaces;
import millrace.archive.ArchiveRefusal;
import millrace.archive.Backup;
import millrace.archive.Restore;
import millrace.archive.Verification;
import millrace.config.BadSettings;
import millrace.config.DatabaseSettings;
import millrace.config.Settings;
import millrace.database.DatabaseRefusal;
import millrace.engine.Json;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Backups in a bucket, by the protocol of S3. */
class S3Test {
    private static final Backup BACKUP = new Backup("test", InstantSource.system());

    @TempDir
    private Path folder;

    private S3Server s3;

    @BeforeEach
    void start() {
        s3 = new S3Server();
    }

    @AfterEach
    void stop() {
        s3.close();
    }

    private ArchivePlaces places(Map<String, String> more) {
        var environment = new HashMap<>(s3.settings());
        environment.putAll(more);
        return new ArchivePlaces(Settings.load(environment, folder), InstantSource.system());
    }

    private ArchivePlace named(String key) {
        return places(Map.of()).named("s3://" + S3Server.BUCKET + "/" + key, folder);
    }

    @Test
    void an_object_of_several_parts_comes_back_as_it_was() throws Exception {
        var bytes = new byte[(16 << 20) * 2 + 12_345];
        new Random(1).nextBytes(bytes);
        var place = named("deep/er/object");

        try (var draft = place.begin(Instant.now())) {
            draft.out().write(bytes, 0, 5);
            draft.out().write(bytes[5]);
            draft.out().write(bytes, 6, bytes.length - 6);
            assertThat(s3.keys()).isEmpty();
            assertThat(s3.uploads()).hasSize(1);
            draft.complete();
        }

        assertThat(s3.keys()).containsExactly("deep/er/object");
        assertThat(s3.uploads()).isEmpty();
        var contents = place.open();
        try (var in = contents.in()) {
            assertThat(contents.size()).isEqualTo(bytes.length);
            assertThat(in.readAllBytes()).isEqualTo(bytes);
        }
        assertThat(place.version()).isPresent();
        assertThat(named("other").version()).isEmpty();
    }

    @Test
    void of_a_backup_that_fails_nothing_is_left() throws Exception {
        try (var draft = named("half").begin(Instant.now())) {
            draft.out().write(new byte[(16 << 20) + 1]);
        }
        var empty = new DatabaseSettings.Sqlite(folder.resolve("empty.db"));
        java.nio.file.Files.createFile(empty.file());
        assertThatThrownBy(() -> BACKUP.make(empty, named("none"))).isInstanceOf(DatabaseRefusal.class);

        assertThat(s3.keys()).isEmpty();
        assertThat(s3.uploads()).isEmpty();
    }

    @Test
    void a_backup_in_a_bucket_is_verified_listed_offered_and_restores() throws Exception {
        var settings = new HashMap<>(s3.settings());
        settings.put("AP_BACKUP_LOCATION", "s3://" + S3Server.BUCKET + "/daily/");
        try (var millrace = TestMillrace.start(TestDatabase.Kind.POSTGRES, settings)) {
            var path = "/platform-admin/database/backups";
            assertThat(millrace.owner().post(path, Json.object()).status()).isEqualTo(202);

            var listed = millrace.owner().get(path).success().path("data");
            var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
            while (listed.findValuesAsText("status").contains("RUNNING") && System.nanoTime() < deadline) {
                Thread.onSpinWait();
                listed = millrace.owner().get(path).success().path("data");
            }
            var made = listed.path(0);
            assertThat(made.path("status").asText()).as("%s", made).isEqualTo("VERIFIED");
            assertThat(made.path("offered").asBoolean()).isTrue();
            assertThat(made.path("location").asText()).startsWith("s3://" + S3Server.BUCKET + "/daily/millrace-");

            var place = places(settings).named(made.path("location").asText(), folder);
            assertThat(Verification.verify(place, null).checksum())
                    .isEqualTo(made.path("checksum").asText());
            var target = new DatabaseSettings.Sqlite(folder.resolve("restored.db"));
            assertThat(Restore.restore(place, target, false, Restore.Mode.HELD, null)
                            .rows())
                    .isEqualTo(made.path("rows").asLong());

            s3.put(s3.keys().getFirst(), "something else");
            assertThat(millrace.owner()
                            .get(path)
                            .success()
                            .path("data")
                            .path(0)
                            .path("offered")
                            .asBoolean())
                    .isFalse();
            assertThatThrownBy(() -> Verification.verify(place, null)).isInstanceOf(ArchiveRefusal.class);
        }
    }

    @Test
    void old_archives_beside_it_go_and_everything_else_stays() throws Exception {
        try (var millrace = TestMillrace.start(TestDatabase.Kind.SQLITE)) {
            var source = millrace.databaseSettings();
            BACKUP.make(source, named("backups/one"));
            BACKUP.make(source, named("backups/deeper/two"));
            s3.put("backups/notes.txt", "mine, and much longer than the first line of an archive");
            var newest = BACKUP.make(source, named("backups/three")).place();

            assertThat(BACKUP.removeOlder(newest, Duration.ofDays(30))).isEmpty();
            var later = new Backup("test", () -> Instant.now().plus(Duration.ofDays(31)));
            assertThat(later.removeOlder(newest, Duration.ofDays(30))).containsExactly("s3://safe/backups/one");

            assertThat(s3.keys()).containsExactlyInAnyOrder("backups/deeper/two", "backups/notes.txt", "backups/three");
        }
    }

    @Test
    void what_is_wrong_is_named_with_its_setting_and_without_the_secret() {
        assertThatThrownBy(() -> places(Map.of("AP_S3_SECRET_ACCESS_KEY", "wrong"))
                        .named("s3://safe/x", folder)
                        .begin(Instant.now()))
                .satisfies(refused -> assertThat(named("x")
                                .refusal("it can't be written", (Exception) refused)
                                .getMessage())
                        .contains("AP_S3_SECRET_ACCESS_KEY")
                        .doesNotContain("wrong")
                        .doesNotContain(S3Server.SECRET));
        assertThatThrownBy(() -> BACKUP.make(
                        new DatabaseSettings.Sqlite(emptyFile()),
                        places(Map.of()).named("s3://nobodys/x", folder)))
                .hasMessageContaining("AP_S3_BUCKET");
        assertThatThrownBy(() -> Verification.verify(named("x"), null)).hasMessage("there is no archive s3://safe/x");
        assertThatThrownBy(() -> Verification.verify(
                        places(Map.of("AP_S3_ENDPOINT", "http://127.0.0.1:1")).named("s3://safe/x", folder), null))
                .hasMessageContaining("AP_S3_ENDPOINT");
        assertThatThrownBy(() -> places(Map.of("AP_S3_ACCESS_KEY_ID", "")).nextInBucket())
                .isInstanceOf(BadSettings.class)
                .hasMessageContaining("AP_S3_ACCESS_KEY_ID");
        assertThatThrownBy(() -> places(Map.of("AP_S3_BUCKET", "")).nextInBucket())
                .isInstanceOf(BadSettings.class)
                .hasMessageContaining("AP_S3_BUCKET");
        assertThatThrownBy(() -> Settings.load(Map.of("AP_BACKUP_LOCATION", "s3://safe"), folder))
                .isInstanceOf(BadSettings.class)
                .hasMessageContaining("AP_S3_SECRET_ACCESS_KEY");
    }

    private Path emptyFile() {
        try {
            return java.nio.file.Files.createFile(folder.resolve("nothing.db"));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
