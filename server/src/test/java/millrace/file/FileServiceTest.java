package millrace.file;

import static millrace.schema.Tables.FILE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import millrace.access.Scope;
import millrace.config.Secret;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.OnBothDatabases;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileServiceTest {
    private static final Secret KEY = new Secret("a key of the installation");
    private static final byte[] TEXT = "the same words again ".repeat(200).getBytes(StandardCharsets.UTF_8);

    private final Ids ids = new Ids(new Random());
    private Instant now = Instant.parse("2026-11-26T00:00:00Z");
    private final InstantSource clock = () -> now;

    @OnBothDatabases
    void a_file_comes_back_as_it_was_stored(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);

        var id = files.store(project, FileType.FLOW_STEP_FILE, "naïve.txt", TEXT, "text/plain");

        var file = files.get(Scope.project(project), id);
        assertThat(file)
                .usingRecursiveComparison()
                .isEqualTo(new StoredFile(id, project, FileType.FLOW_STEP_FILE, "naïve.txt", "text/plain", TEXT));
        assertThat(column(database, id)).isEqualTo("ZSTD");
        assertThat(files.get(Scope.platform(project), id).bytes()).isEqualTo(TEXT);
    }

    @OnBothDatabases
    void what_does_not_shrink_is_stored_as_it_is(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);
        var noise = new byte[5_000];
        new Random(1).nextBytes(noise);
        var archive = Zstd.compress(noise);

        for (var bytes : new byte[][] {noise, archive, new byte[0], "short".getBytes(StandardCharsets.UTF_8)}) {
            var id = files.store(project, FileType.FLOW_STEP_FILE, null, bytes, null);

            assertThat(column(database, id)).isEqualTo("NONE");
            assertThat(files.get(Scope.project(project), id).bytes()).isEqualTo(bytes);
        }
    }

    @OnBothDatabases
    void a_file_of_another_project_is_not_found(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);
        var other = Tenants.project(database, ids);
        var id = files.store(project, FileType.FLOW_STEP_FILE, null, TEXT, null);

        for (var scope : new Scope[] {Scope.project(other), Scope.platform(other), Scope.nothing()}) {
            assertThatThrownBy(() -> files.get(scope, id))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.ENTITY_NOT_FOUND));
        }
    }

    @OnBothDatabases
    void a_link_opens_its_file_until_its_time_is_over(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);
        var id = files.store(project, FileType.FLOW_STEP_FILE, null, TEXT, null);
        var link = files.link(id);
        var token = link.substring(link.indexOf("token=") + 6);

        assertThat(link).startsWith("https://flows.example.com/api/v1/step-files/signed?token=");
        assertThat(files.open(token).id()).isEqualTo(id);

        now = now.plus(Duration.ofDays(31));
        assertThatThrownBy(() -> files.open(token))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_BEARER_TOKEN));
    }

    @OnBothDatabases
    void a_token_that_was_changed_or_signed_with_another_key_opens_nothing(Database database) {
        var files = files(database);
        var id = files.store(Tenants.project(database, ids), FileType.FLOW_STEP_FILE, null, TEXT, null);
        var token = files.link(id).replaceAll(".*token=", "");
        var elsewhere = new FileLinks(new Secret("another key"), clock, Duration.ofDays(1)).token(id);
        var unsigned = "eyJhbGciOiJub25lIn0." + token.split("\\.")[1] + ".";

        for (var bad : new String[] {elsewhere, unsigned, "", "x", token.replaceFirst("\\.[^.]{3}", ".abc")}) {
            assertThatThrownBy(() -> files.open(bad)).isInstanceOf(MillraceException.class);
        }
    }

    @OnBothDatabases
    void own_links_are_read_without_the_network_and_other_addresses_are_sent_on(Database database) {
        var files = files(database);
        var id = files.store(Tenants.project(database, ids), FileType.FLOW_STEP_FILE, "a b.txt", TEXT, "text/plain");
        var sender = new OwnFileSender(files, call -> new HttpOutcome.Unanswered("sent on"));

        assertThat(sender.send(call("GET", files.link(id))))
                .isInstanceOfSatisfying(HttpOutcome.Answered.class, answer -> {
                    assertThat(answer.body()).isEqualTo(TEXT);
                    assertThat(answer.headers())
                            .containsExactly(
                                    new HttpCall.Header("content-type", "text/plain"),
                                    new HttpCall.Header(
                                            "content-disposition", "attachment; filename*=UTF-8''a%20b.txt"));
                });
        assertThat(sender.send(call("GET", files.link(id) + "x")))
                .isInstanceOfSatisfying(
                        HttpOutcome.Answered.class,
                        answer -> assertThat(answer.status()).isEqualTo(404));
        assertThat(sender.send(call("POST", files.link(id)))).isInstanceOf(HttpOutcome.Unanswered.class);
        assertThat(sender.send(call("GET", "https://flows.example.com.evil.test/api/v1/step-files/signed?token=x")))
                .isInstanceOf(HttpOutcome.Unanswered.class);
    }

    @OnBothDatabases
    void names_and_types_that_no_file_can_have_are_not_kept(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);

        var id = files.store(project, FileType.FLOW_STEP_FILE, "../../a\u0000/b\u0000\n", TEXT, "text/\u0000");

        var file = files.get(Scope.project(project), id);
        assertThat(file.fileName()).isEqualTo("b");
        assertThat(file.mimeType()).isNull();
    }

    @OnBothDatabases
    void a_file_over_the_limit_is_refused_and_none_of_its_batch_is_stored(Database database) {
        var files = files(database);
        var project = Tenants.project(database, ids);

        assertThatThrownBy(() -> files.store(
                        project,
                        List.of(
                                new FileService.NewFile(FileType.FLOW_STEP_FILE, null, TEXT, null),
                                new FileService.NewFile(FileType.FLOW_STEP_FILE, null, new byte[10_001], null))))
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.FILE_TOO_LARGE));
        assertThat(database.<Integer>read(tx -> tx.sql().fetchCount(FILE, FILE.PROJECT_ID.eq(project))))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({"ZSTD, true", "NONE, true", "ZSTD, false"})
    void rows_of_the_reference_are_read_whatever_word_they_carry(String word, boolean sized) {
        var stored = Zstd.compress(TEXT);

        assertThat(Compression.unpack(word, stored, sized ? (Integer) TEXT.length : null))
                .isEqualTo(TEXT);
    }

    private FileService files(Database database) {
        return new FileService(
                database,
                ids,
                clock,
                KEY,
                new FileSettings(10_000, URI.create("https://flows.example.com"), Duration.ofDays(30)));
    }

    private static HttpCall call(String method, String url) {
        return new HttpCall(method, url, List.of(), null, Duration.ofSeconds(1), false);
    }

    private static String column(Database database, String id) {
        return database.read(tx -> tx.sql()
                .select(FILE.COMPRESSION)
                .from(FILE)
                .where(FILE.ID.eq(id))
                .fetchSingle()
                .value1());
    }
}
