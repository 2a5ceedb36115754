package millrace.payload;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import millrace.access.Principal;
import millrace.config.DatabaseSettings;
import millrace.config.HttpSettings;
import millrace.config.Secret;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.Json;
import millrace.file.FileRoutes;
import millrace.file.FileService;
import millrace.file.FileSettings;
import millrace.file.Tenants;
import millrace.http.HttpServer;
import millrace.http.Room;
import millrace.piece.PieceRoutes;
import millrace.pieces.NativePieces;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real requests to the real server: what arrives as payload, and what the links in it open. */
class WebhookBodyTest {
    private static final String PUBLIC = "http://flows.example.com";
    private static final int LIMIT = 1_000_000;

    @TempDir
    private static Path folder;

    private static Database database;
    private static HttpServer server;
    private static HttpClient client;

    @BeforeAll
    static void start() {
        var ids = new Ids(new Random());
        database = Database.open(new DatabaseSettings.Sqlite(folder.resolve("files.db")));
        database.prepare();
        var project = Tenants.project(database, ids);
        var files = new FileService(
                database,
                ids,
                () -> Instant.parse("2026-11-26T00:00:00Z"),
                new Secret("key"),
                new FileSettings(100_000, URI.create(PUBLIC), Duration.ofDays(30)));
        var bodies = new WebhookBody(files);
        Room mirror = routes -> routes.raw(
                        "/mirror",
                        exchange -> exchange.answer(
                                200,
                                Map.of("content-type", "application/json"),
                                Json.bytes(bodies.read(project, exchange))))
                .open()
                .maxBytes(LIMIT);
        server = HttpServer.start(
                new HttpSettings(
                        0, URI.create(PUBLIC), "", new HttpSettings.SignInLimit(false, 1, Duration.ofMinutes(1)), 1),
                List.of(mirror, new FileRoutes(files), new PieceRoutes(new NativePieces(new Random()))),
                token -> Principal.user("u", "p"),
                new Random(1));
        client = HttpClient.newHttpClient();
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
        database.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "application/json                  | {\"a\": 1.50}       | {\"a\":1.50}",
                "application/json; charset=utf-8   | [1, null]           | [1,null]",
                "application/vnd.api+json          | {\"v\":1}           | {\"v\":1}",
                "application/json                  | {\"__proto__\":{\"constructor\":1}} | {\"__proto__\":{\"constructor\":1}}",
                "application/json                  | {\"a\":1,\"a\":2}   | {\"a\":2}",
                "application/json                  | \"text\"            | \"text\"",
                "application/x-www-form-urlencoded | name=Ada+Lovelace&n=1&n=2&%C3%A4=%41&bare&x=100%&__proto__=p | {\"name\":\"Ada Lovelace\",\"n\":[\"1\",\"2\"],\"ä\":\"A\",\"bare\":\"\",\"x\":\"100%\",\"__proto__\":\"p\"}",
                "text/plain                        | just text           | \"just text\"",
                "application/xml                   | <a>xml</a>          | \"<a>xml</a>\"",
                "text/csv                          | a,b                 | \"a,b\"",
                "application/x-unknown             | words               | \"words\"",
            })
    void bodies_are_read_by_their_content_type(String type, String body, String expected) {
        var payload = post(type, body.getBytes(StandardCharsets.UTF_8));

        assertThat(payload.path("body")).isEqualTo(Json.read(expected));
        assertThat(payload.path("rawBody").asText()).isEqualTo(body);
        assertThat(payload.path("headers").path("content-type").asText()).isEqualTo(type);
        assertThat(payload.path("method").asText()).isEqualTo("POST");
    }

    @Test
    void a_named_charset_is_used() {
        var payload = post("text/plain; charset=ISO-8859-1", new byte[] {'a', (byte) 0xe4});

        assertThat(payload.path("body").asText()).isEqualTo("aä");
    }

    @ParameterizedTest
    @CsvSource({"GET", "DELETE", "POST", "PUT"})
    void a_request_without_a_body_has_an_empty_object(String method) throws Exception {
        var request = HttpRequest.newBuilder(address("?a=1&b=two+words&empty=&a=2"))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .header("X-Custom-Header", "Value");
        var payload = json(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));

        assertThat(payload.path("body")).isEqualTo(Json.object());
        assertThat(payload.has("rawBody")).isFalse();
        assertThat(payload.path("method").asText()).isEqualTo(method);
        assertThat(payload.path("headers").path("x-custom-header").asText()).isEqualTo("Value");
        assertThat(payload.path("queryParams"))
                .isEqualTo(Json.read("{\"a\":[\"1\",\"2\"],\"b\":\"two words\",\"empty\":\"\"}"));
    }

    @Test
    void a_get_that_names_json_and_sends_nothing_is_fine() throws Exception {
        var request = HttpRequest.newBuilder(address("")).GET().header("content-type", "application/json");

        assertThat(json(client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()))
                        .path("body"))
                .isEqualTo(Json.object());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "application/json | ``",
                "application/json | {\"a\":",
                "application/json | {} {}",
                "application/json | {\"a\":\"\\ud800\"}",
                "application/x-www-form-urlencoded | a=%ff",
                "multipart/form-data | --x--",
                "multipart/form-data; boundary=x | not a form",
                "multipart/form-data; boundary=x | --x\r\n\r\nno name\r\n--x--",
            })
    void what_is_none_of_its_type_is_refused(String type, String body) {
        assertThat(send(type, body.getBytes(StandardCharsets.UTF_8)).statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"depth", "digits", "keys", "form keys", "bytes that are not UTF-8"})
    void json_beyond_the_limits_is_refused(String limit) {
        var json = "application/json";
        var answer = switch (limit) {
            case "depth" -> send(json, ("[".repeat(201) + "]".repeat(201)).getBytes(StandardCharsets.UTF_8));
            case "digits" -> send(json, "1".repeat(1_001).getBytes(StandardCharsets.UTF_8));
            case "keys" -> {
                var text = new StringBuilder("{\"k\":0");
                for (var i = 0; i < 100_000; i++) {
                    text.append(",\"").append(Integer.toString(i, 36)).append("\":0");
                }
                yield send(json, text.append('}').toString().getBytes(StandardCharsets.UTF_8));
            }
            case "form keys" ->
                send("application/x-www-form-urlencoded", "a=&".repeat(100_001).getBytes(StandardCharsets.UTF_8));
            default -> send(json, new byte[] {'"', (byte) 0xff, '"'});
        };

        assertThat(answer.statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"image/png", "application/pdf", "application/octet-stream", "video/mp4", "text/plain", ""})
    void bytes_are_kept_as_a_file_and_the_link_gives_them_back(String type) throws Exception {
        var bytes = new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, (byte) 255};
        var payload = post(type, bytes);

        assertThat(payload.has("rawBody")).isFalse();
        assertThat(opened(payload.path("body").path("fileUrl").asText()).body()).isEqualTo(bytes);
    }

    @Test
    void fields_of_a_multipart_form_are_texts_and_files_are_links() throws Exception {
        var bytes = new byte[256];
        for (var i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        var form = new ByteArrayOutputStream();
        part(form, "name=\"name\"", "Grüße".getBytes(StandardCharsets.UTF_8));
        part(form, "name=\"tag\"", "a".getBytes(StandardCharsets.UTF_8));
        part(form, "name=\"tag\"", "b".getBytes(StandardCharsets.UTF_8));
        part(form, "name=\"__proto__\"", "plain".getBytes(StandardCharsets.UTF_8));
        part(form, "name=\"document\"; filename=\"../ä b.bin\"\r\nContent-Type: application/octet-stream", bytes);
        part(form, "name=\"document\"; filename=\"two.bin\"", new byte[0]);
        part(form, "name=\"unchosen\"; filename=\"\"\r\nContent-Type: application/octet-stream", new byte[0]);
        form.writeBytes("--b0undary--\r\n".getBytes(StandardCharsets.UTF_8));

        var payload = post("multipart/form-data; boundary=b0undary", form.toByteArray());

        var body = payload.path("body");
        assertThat(payload.has("rawBody")).isFalse();
        assertThat(body.path("name").asText()).isEqualTo("Grüße");
        assertThat(body.path("tag")).isEqualTo(Json.read("[\"a\",\"b\"]"));
        assertThat(body.path("__proto__").asText()).isEqualTo("plain");
        assertThat(body.has("unchosen")).isFalse();
        var file = opened(body.path("document").path(0).asText());
        assertThat(file.body()).isEqualTo(bytes);
        assertThat(file.headers().firstValue("content-disposition"))
                .contains("attachment; filename*=UTF-8''%C3%A4%20b.bin");
        assertThat(file.headers().firstValue("content-type")).contains("application/octet-stream");
        assertThat(file.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(opened(body.path("document").path(1).asText()).body()).isEmpty();
    }

    @Test
    void a_file_over_its_limit_is_refused() {
        assertThat(send("image/png", new byte[100_001]).statusCode()).isEqualTo(413);
    }

    @Test
    void the_limit_of_a_body_counts_decoded_bytes() throws Exception {
        var zipped = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(zipped)) {
            zip.write(" ".repeat(LIMIT).getBytes(StandardCharsets.UTF_8));
            zip.write("{}".getBytes(StandardCharsets.UTF_8));
        }
        var request = HttpRequest.newBuilder(address(""))
                .header("content-type", "application/json")
                .header("content-encoding", "gzip")
                .POST(HttpRequest.BodyPublishers.ofByteArray(zipped.toByteArray()));
        var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("{\"message\":\"Payload too large\"}");
    }

    @ParameterizedTest
    @CsvSource({"?token=x, 401", "?token=, 401", "'', 400"})
    void a_link_that_we_did_not_sign_opens_nothing(String query, int status) throws Exception {
        var uri = URI.create("http://127.0.0.1:" + server.port() + "/api/v1/step-files/signed" + query);
        var answer = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(status);
    }

    @Test
    void the_catalogue_of_pieces_is_read_by_name() throws Exception {
        assertThat(get("/pieces").findValuesAsText("name")).contains("@activepieces/piece-webhook");
        assertThat(get("/pieces?searchQuery=catch&suggestionType=TRIGGER")
                        .path(0)
                        .path("suggestedTriggers")
                        .findValuesAsText("name"))
                .contains("catch_webhook");
        assertThat(get("/pieces/@activepieces/piece-math-helper?version=0.0.9")
                        .path("actions")
                        .path("addition_math")
                        .path("props")
                        .path("first_number")
                        .path("type")
                        .asText())
                .isEqualTo("NUMBER");
        assertThat(get("/pieces/categories")).isEqualTo(Json.read("[\"CORE\", \"FLOW_CONTROL\"]"));
        assertThat(get("/pieces/registry").path(0).has("version")).isTrue();
        assertThat(get("/pieces/@activepieces/piece-none").path("code").asText())
                .isEqualTo("ENTITY_NOT_FOUND");
        assertThat(get("/pieces?categories=COMMUNICATION")).isEqualTo(Json.array());
    }

    private static void part(ByteArrayOutputStream form, String disposition, byte[] content) {
        form.writeBytes(("--b0undary\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        form.writeBytes(content);
        form.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode get(String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/v1" + path))
                .header("authorization", "Bearer token");
        return Json.read(client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                .body());
    }

    private static HttpResponse<byte[]> opened(String link) throws IOException, InterruptedException {
        assertThat(link).startsWith(PUBLIC);
        var here = URI.create("http://127.0.0.1:" + server.port() + link.substring(PUBLIC.length()));
        var answer = client.send(HttpRequest.newBuilder(here).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer;
    }

    private static JsonNode post(String type, byte[] body) {
        return json(send(type, body));
    }

    private static JsonNode json(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode())
                .as(new String(answer.body(), StandardCharsets.UTF_8))
                .isEqualTo(200);
        return Json.read(answer.body());
    }

    private static HttpResponse<byte[]> send(String type, byte[] body) {
        var request = HttpRequest.newBuilder(address("")).POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (!type.isEmpty()) {
            request.header("content-type", type);
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static URI address(String query) {
        return URI.create("http://127.0.0.1:" + server.port() + "/api/v1/mirror" + query);
    }
}
