package millrace.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.PrincipalType;
import millrace.config.HttpSettings;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
    private static final String ID = "aB3dE6gH9jK2mN5pQ8sT1";
    private static final int WEBHOOK_LIMIT = 25 * 1024 * 1024;

    private static HttpServer server;

    record Greeting(String name, @Nullable Integer age, Patch<String> title, List<Inner> inner) {}

    record Inner(boolean flag) {}

    @BeforeAll
    static void start() {
        Room room = routes -> {
            routes.get("/open", call -> Map.of("kind", call.principal().type())).open();
            routes.get("/things/{id}", call -> Map.of("id", call.path("id"))).needs(Permission.READ_FLOW);
            routes.get("/things/named/{name}", call -> Map.of("name", call.path("name")))
                    .open();
            routes.get("/query", call -> query(call)).open();
            routes.post("/greetings", call -> greet(call.body(Greeting.class)))
                    .open()
                    .takes(Greeting.class)
                    .status(201);
            routes.post("/free", call -> call.body(FreeBody.class).json())
                    .open()
                    .takes(FreeBody.class, FreeBody::new)
                    .maxBytes(8 * 1024 * 1024);
            routes.post("/small", call -> Map.of())
                    .open()
                    .takes(FreeBody.class, FreeBody::new)
                    .maxBytes(100);
            routes.get("/fails", call -> {
                        throw new IllegalStateException("secret detail");
                    })
                    .open();
            routes.get("/refuses", call -> {
                        throw MillraceException.withoutParams(ErrorCode.INVALID_CREDENTIALS);
                    })
                    .open();
            routes.get("/nothing", call -> null).open();
            routes.post("/limited", call -> Map.of()).open().limited();
            routes.raw("/webhooks/{flowId}", HttpServerTest::echo).open().maxBytes(WEBHOOK_LIMIT);
        };
        server = HttpServer.start(
                new HttpSettings(
                        0,
                        URI.create("http://localhost"),
                        "x-real-ip",
                        new HttpSettings.SignInLimit(true, 3, Duration.ofMinutes(1)),
                        1),
                List.of(room),
                HttpServerTest::authenticate,
                new Random(1));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private record FreeBody(com.fasterxml.jackson.databind.node.ObjectNode json) {}

    private static Principal authenticate(String token) {
        return switch (token) {
            case "user" -> Principal.user(ID, ID);
            case "engine" -> Principal.engine(ID, ID, ID);
            default -> throw MillraceException.of(ErrorCode.INVALID_BEARER_TOKEN);
        };
    }

    private static Object query(Call call) {
        var seen = new LinkedHashMap<String, Object>();
        seen.put("list", call.query().list("status"));
        seen.put("flag", String.valueOf(call.query().bool("flag")));
        seen.put("limit", call.query().page(10, 1_000).limit());
        seen.put("id", String.valueOf(call.query().id("flowId")));
        seen.put("kinds", call.query().choices("kind", PrincipalType.class));
        return seen;
    }

    private static Object greet(Greeting greeting) {
        var title = switch (greeting.title()) {
            case Patch.Absent<String>() -> "absent";
            case Patch.Cleared<String>() -> "cleared";
            case Patch.Value<String>(var value) -> value;
        };
        return List.of(greeting.name(), String.valueOf(greeting.age()), title, greeting.inner());
    }

    private static void echo(Exchange exchange) {
        var body = exchange.body();
        var text = exchange.method() + " " + exchange.path("flowId") + " " + exchange.rawQuery() + " " + body.length;
        exchange.answer(
                200,
                Map.of("x-good", "yes", "x-bad", "a\r\nx-evil: 1", "content-length", "7"),
                text.getBytes(StandardCharsets.UTF_8));
    }

    private static RawHttp.Reply ask(String request) {
        try (var http = new RawHttp(server.port())) {
            return http.say(request).reply();
        }
    }

    private static RawHttp.Reply get(String target, String... headers) {
        return ask("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + lines(headers) + "\r\n");
    }

    private static RawHttp.Reply post(String target, String body, String... headers) {
        return post(target, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    private static RawHttp.Reply post(String target, byte[] body, String... headers) {
        try (var http = new RawHttp(server.port())) {
            return http.say("POST " + target
                            + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                            + "\r\n" + lines(headers) + "\r\n")
                    .say(body)
                    .reply();
        }
    }

    private static String lines(String... headers) {
        return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    }

    private static final String GREETING = "{\"name\":\"Ada\",\"inner\":[]}";

    @Test
    void an_open_route_takes_a_wrong_token() {
        var reply = get("/api/v1/open", "Authorization: Bearer nonsense");

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{\"kind\":\"UNKNOWN\"}");
        assertThat(reply.header("content-type")).startsWith("application/json");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 403, AUTHORIZATION",
        "'Authorization: Bearer nonsense', 401, INVALID_BEARER_TOKEN",
        "'Authorization: Basic dTpw', 401, INVALID_BEARER_TOKEN",
        "'Authorization: Bearer engine', 403, AUTHORIZATION",
        "'Authorization: Bearer user', 200, id",
    })
    void a_route_lets_in_the_kinds_that_it_names(String header, int status, String part) {
        var reply = header.isEmpty() ? get("/api/v1/things/" + ID) : get("/api/v1/things/" + ID, header);

        assertThat(reply.status()).isEqualTo(status);
        assertThat(reply.body()).contains(part);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/api/v1/none", "/api/v1/things/x/y/z", "/api/v1/open/", "//api/v1/open", "/api/v1/things/"
            })
    void an_unknown_route_is_404(String path) {
        var reply = get(path);

        assertThat(reply.status()).isEqualTo(404);
        assertThat(reply.body())
                .isEqualTo("{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"Route not found\"}");
    }

    @Test
    void a_known_path_with_another_method_is_404() {
        assertThat(ask("PUT /api/v1/open HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(404);
        assertThat(post("/api/v1/open", "{}").status()).isEqualTo(404);
    }

    @Test
    void ids_in_the_path_are_checked_and_fixed_segments_win() {
        assertThat(get("/api/v1/things/short", "Authorization: Bearer user").status())
                .isEqualTo(400);
        assertThat(get("/api/v1/things/named/a%2Fb%20c").body()).isEqualTo("{\"name\":\"a/b c\"}");
        assertThat(get("/api/v1/things/named/%zz").status()).isEqualTo(400);
    }

    @Test
    void every_answer_has_an_id_of_its_own() {
        var ids = new ArrayList<String>();
        for (var path : List.of("/api/v1/open", "/api/v1/open", "/none", "/api/v1/fails")) {
            ids.add(get(path).header("x-request-id"));
        }
        ids.add(ask("nonsense\r\n\r\n").header("x-request-id"));

        assertThat(ids).doesNotContain("").doesNotHaveDuplicates();
    }

    @Test
    void queries_are_read_by_type() {
        assertThat(get("/api/v1/query?status=A&status=B&flag=true&limit=5000&flowId=" + ID + "&kind=USER&x")
                        .body())
                .isEqualTo("{\"list\":[\"A\",\"B\"],\"flag\":\"true\",\"limit\":1000,\"id\":\"" + ID
                        + "\",\"kinds\":[\"USER\"]}");
        assertThat(get("/api/v1/query?flag=maybe").body()).contains("\"flag\":\"null\"", "\"limit\":10");
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=x", "limit=0", "limit=-1", "flowId=short", "kind=NOBODY", "status=%", "status=%ff"})
    void a_query_that_does_not_fit_is_400(String query) {
        var reply = get("/api/v1/query?" + query);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body()).contains("\"error\":\"Bad Request\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"name\":\"Ada\",\"inner\":[]} | [\"Ada\",\"null\",\"absent\",[]]",
                "{\"name\":\"Ada\",\"age\":null,\"title\":null,\"inner\":[{\"flag\":true,\"more\":1}],\"unknown\":{}} | [\"Ada\",\"null\",\"cleared\",[{\"flag\":true}]]",
                "{\"name\":\"Ada\",\"age\":3.0,\"title\":\"Dr\",\"inner\":[]} | [\"Ada\",\"3\",\"Dr\",[]]",
                "{\"name\":\"Eve\",\"name\":\"Ada\",\"inner\":[]} | [\"Ada\",\"null\",\"absent\",[]]",
            })
    void a_body_becomes_its_record(String body, String answer) {
        var reply = post("/api/v1/greetings", body);

        assertThat(reply.body()).isEqualTo(answer);
        assertThat(reply.status()).isEqualTo(201);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"inner\":[]} | must have required property 'name'",
                "{\"name\":null,\"inner\":[]} | body/name must not be null",
                "{\"name\":1,\"age\":\"3\",\"inner\":[]} | body/name must be string, body/age must be integer",
                "{\"name\":\"x\",\"age\":1.5,\"inner\":[]} | body/age must be integer",
                "{\"name\":\"x\",\"age\":99999999999,\"inner\":[]} | body/age must be integer",
                "{\"name\":\"x\",\"age\":1e400,\"inner\":[]} | body/age must be integer",
                "{\"name\":\"x\",\"inner\":{}} | body/inner must be array",
                "{\"name\":\"x\",\"inner\":[{\"flag\":\"true\"}]} | body/inner/0/flag must be boolean",
                "{\"name\":\"x\",\"inner\":[null]} | body/inner/0 must be object",
                "{\"name\":\"x\",\"title\":4,\"inner\":[]} | body/title must be string",
                "{\"name\":\"\\ud800\",\"inner\":[]} | body/name must be valid Unicode text",
                "{\"name\":\"x\",\"inner\":[{\"a\":\"\\udc00\\ud800\"}]} | body/inner/0/a must be valid Unicode text",
                "{\"name\":\"x\", | not valid JSON",
                "{\"name\":\"x\"} {} | not valid JSON",
                "[] | body must be object",
                "\"text\" | body must be object",
                "null | body must be object",
                "NaN | not valid JSON",
            })
    void a_body_that_does_not_fit_is_400_and_names_the_field(String body, String message) {
        var reply = post("/api/v1/greetings", body);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(Json.read(reply.body()).path("message").asText()).contains(message);
        assertThat(Json.read(reply.body()).path("statusCode").asInt()).isEqualTo(400);
    }

    @Test
    void an_empty_body_is_400() {
        assertThat(post("/api/v1/greetings", "").status()).isEqualTo(400);
        assertThat(ask("POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\n\r\n").status())
                .isEqualTo(400);
    }

    @Test
    void bytes_that_are_not_utf_8_are_named() {
        var body = "{\"name\":\"a\u00ffb\",\"inner\":[]}".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(post("/api/v1/greetings", body).body()).contains("body/name must be valid Unicode text");
    }

    @Test
    void nul_proto_and_long_numbers_are_data() {
        var body =
                "{\"a\":\"\\u0000\",\"__proto__\":{\"x\":1},\"constructor\":2,\"n\":9007199254740993,\"d\":1.10,\"e\":\"\u00e9\ud83d\ude80\"}";

        assertThat(post("/api/v1/free", body).body()).isEqualTo(body);
    }

    @Test
    void depth_digits_and_keys_are_limited() {
        var deep = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        var digits = "{\"a\":" + "1".repeat(1_001) + "}";
        var keys = new StringBuilder("{\"k\":0");
        for (int i = 0; i < 100_000; i++) {
            keys.append(",\"k").append(i).append("\":0");
        }

        assertThat(post("/api/v1/free", deep).status()).isEqualTo(400);
        assertThat(post("/api/v1/free", digits).status()).isEqualTo(400);
        assertThat(post("/api/v1/free", keys + "}").body()).contains("100,000 keys");
        assertThat(post("/api/v1/free", "{\"a\":" + "1".repeat(1_000) + "}").status())
                .isEqualTo(200);
        assertThat(post("/api/v1/free", "{\"a\":" + "[".repeat(199) + "]".repeat(199) + "}")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void compressed_bodies_are_decoded_and_their_decoded_bytes_count() throws IOException {
        assertThat(post("/api/v1/greetings", gzip(GREETING.getBytes(StandardCharsets.UTF_8)), "Content-Encoding: gzip")
                        .status())
                .isEqualTo(201);
        assertThat(post("/api/v1/greetings", gzip(new byte[64 * 1024 * 1024]), "Content-Encoding: gzip")
                        .status())
                .isEqualTo(413);
        assertThat(post("/api/v1/webhooks/x", gzip(new byte[64 * 1024 * 1024]), "Content-Encoding: gzip")
                        .body())
                .isEqualTo("{\"message\":\"Payload too large\"}");
        assertThat(post("/api/v1/greetings", GREETING, "Content-Encoding: gzip").status())
                .isEqualTo(400);
        var whole = gzip(GREETING.getBytes(StandardCharsets.UTF_8));
        assertThat(post("/api/v1/greetings", Arrays.copyOf(whole, whole.length - 6), "Content-Encoding: gzip")
                        .status())
                .isEqualTo(400);
        assertThat(post("/api/v1/greetings", GREETING, "Content-Encoding: zstd").status())
                .isEqualTo(415);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    @Test
    void another_content_type_is_415() {
        assertThat(
                        ask("POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")
                                .status())
                .isEqualTo(415);
    }

    @Test
    void a_body_over_the_limit_is_413_and_the_connection_ends_without_a_reset() {
        try (var http = new RawHttp(server.port())) {
            http.say("POST /api/v1/small HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
            http.say(new byte[2_000_000]);
            var reply = http.reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.body()).contains("\"statusCode\":413");
            assertThat(http.ended()).isTrue();
        }
    }

    @Test
    void a_webhook_of_26_mb_by_length_is_413_and_the_client_can_send_it_all() {
        int size = 26 * 1024 * 1024;
        try (var http = new RawHttp(server.port())) {
            http.say("POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n");
            var chunk = new byte[1024 * 1024];
            for (int sent = 0; sent < size; sent += chunk.length) {
                http.say(chunk);
            }
            var reply = http.reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.body()).isEqualTo("{\"message\":\"Payload too large\"}");
            assertThat(http.ended()).isTrue();
        }
    }

    @Test
    void a_webhook_of_26_mb_in_chunks_is_413_and_the_client_can_send_it_all() {
        try (var http = new RawHttp(server.port())) {
            http.say("POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 26; i++) {
                http.say("100000\r\n").say(new byte[1024 * 1024]).say("\r\n");
            }
            http.say("0\r\n\r\n");
            var reply = http.reply();

            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.body()).isEqualTo("{\"message\":\"Payload too large\"}");
            assertThat(http.ended()).isTrue();
        }
    }

    @Test
    void one_chunk_of_two_gigabytes_is_413_before_it_is_read() {
        try (var http = new RawHttp(server.port())) {
            http.say(
                    "POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\nabc");
            assertThat(http.reply().status()).isEqualTo(413);
        }
    }

    @Test
    void a_webhook_of_25_mb_is_taken() {
        try (var http = new RawHttp(server.port())) {
            http.say("POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + WEBHOOK_LIMIT + "\r\n\r\n");
            http.say(new byte[WEBHOOK_LIMIT]);
            assertThat(http.reply().body()).isEqualTo("POST x  " + WEBHOOK_LIMIT);

            http.say(
                    "POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
            assertThat(http.reply().body()).isEqualTo("POST x  5");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=b|c", "a={x}", "a=\"q\"", "a=%zz", "a=%", "a=[1]&b=\\", "a=^`<>"})
    void queries_of_webhooks_are_taken_as_they_come(String query) {
        var reply = get("/api/v1/webhooks/x?" + query);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("GET x " + query + " 0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a|b", "a{b}", "a\"b", "a%zzb", "a%", "a;b=c"})
    void paths_of_webhooks_are_taken_as_they_come(String segment) {
        var reply = get("/api/v1/webhooks/" + segment);

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("GET " + segment + "  0");
    }

    @Test
    void headers_of_a_raw_answer_can_not_split_it() {
        var reply = get("/api/v1/webhooks/x");

        assertThat(reply.header("x-good")).isEqualTo("yes");
        assertThat(reply.head()).doesNotContain("evil");
        assertThat(reply.body()).isEqualTo("GET x  0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET\r\n\r\n",
                "GET /api/v1/open HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /api/v1/open HTTP/1.1\r\nHost x\r\n\r\n",
                "GET /api/v1/open HTTP/1.1\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
                "G(T /api/v1/open HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                "POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
                "POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "POST /api/v1/greetings HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n",
            })
    void a_malformed_request_is_400_with_a_json_body(String request) {
        var reply = ask(request);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(Json.read(reply.body()).path("error").asText()).isEqualTo("Bad Request");
        assertThat(reply.header("content-type")).startsWith("application/json");
    }

    @Test
    void a_connection_that_the_client_wants_closed_is_closed_at_once() {
        for (var request : List.of(
                "GET /api/v1/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "POST /api/v1/webhooks/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab")) {
            try (var http = new RawHttp(server.port())) {
                assertThat(http.say(request).reply().status()).isEqualTo(200);
                assertThat(http.endedByItself()).isTrue();
            }
        }
    }

    @Test
    void a_client_that_stays_silent_after_an_error_is_cut_off() {
        try (var http = new RawHttp(server.port())) {
            http.say("POST /api/v1/small HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
            assertThat(http.reply().status()).isEqualTo(413);
            assertThat(http.endedByItself()).isTrue();
        }
    }

    @Test
    void a_stop_lets_a_request_under_way_finish() throws InterruptedException {
        var entered = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        Room slow = routes -> routes.get("/slow", call -> {
                    entered.countDown();
                    return Map.of("done", await(go));
                })
                .open();
        var stopped = HttpServer.start(
                new HttpSettings(
                        0,
                        URI.create("http://x"),
                        "",
                        new HttpSettings.SignInLimit(false, 1, Duration.ofMinutes(1)),
                        1),
                List.of(slow),
                HttpServerTest::authenticate,
                new Random(2));
        try (var http = new RawHttp(stopped.port())) {
            http.say("GET /api/v1/slow HTTP/1.1\r\nHost: x\r\n\r\n");
            entered.await();
            var closing = Thread.ofVirtual().start(stopped::close);
            go.countDown();

            assertThat(http.reply().body()).isEqualTo("{\"done\":true}");
            closing.join();
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void a_form_to_a_route_without_a_body_is_415() {
        assertThat(
                        ask("POST /api/v1/limited HTTP/1.1\r\nHost: x\r\nX-Real-IP: 10.0.0.9\r\nContent-Type: multipart/form-data\r\n"
                                        + "Content-Length: 2\r\n\r\nab")
                                .status())
                .isEqualTo(415);
    }

    @Test
    void an_endless_target_is_414_with_a_json_body() {
        var reply = get("/api/v1/open?" + "a".repeat(100_000));

        assertThat(reply.status()).isEqualTo(414);
        assertThat(Json.read(reply.body()).path("statusCode").asInt()).isEqualTo(414);
    }

    @Test
    void an_unexpected_exception_is_500_without_its_text() {
        var reply = get("/api/v1/fails");

        assertThat(reply.status()).isEqualTo(500);
        assertThat(reply.body()).doesNotContain("secret").contains("\"statusCode\":500");
    }

    @Test
    void a_refusal_has_its_code_and_params() {
        var reply = get("/api/v1/refuses");

        assertThat(reply.status()).isEqualTo(401);
        assertThat(reply.body()).isEqualTo("{\"code\":\"INVALID_CREDENTIALS\",\"params\":null}");
    }

    @Test
    void null_is_204() {
        assertThat(get("/api/v1/nothing").status()).isEqualTo(204);
    }

    @Test
    void head_tells_the_length_and_sends_no_body_and_the_connection_goes_on() {
        try (var http = new RawHttp(server.port())) {
            var head = http.say("HEAD /api/v1/open HTTP/1.1\r\nHost: x\r\n\r\n").replyWithoutBody();
            var next = http.say("GET /api/v1/open HTTP/1.1\r\nHost: x\r\n\r\n").reply();

            assertThat(head.header("content-length")).isEqualTo("18");
            assertThat(next.body()).isEqualTo("{\"kind\":\"UNKNOWN\"}");
        }
    }

    @Test
    void options_names_the_methods_of_a_path() {
        var reply = ask("OPTIONS /api/v1/greetings HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.header("allow")).isEqualTo("POST");
        assertThat(ask("OPTIONS /none HTTP/1.1\r\nHost: x\r\n\r\n").status()).isEqualTo(404);
    }

    @Test
    void a_preflight_allows_what_was_asked() {
        var reply = ask(
                "OPTIONS /api/v1/greetings HTTP/1.1\r\nHost: x\r\nOrigin: http://ui\r\n"
                        + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n\r\n");

        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.header("access-control-allow-origin")).isEqualTo("*");
        assertThat(reply.header("access-control-allow-headers")).isEqualTo("authorization,content-type");
        assertThat(get("/api/v1/open", "Origin: http://ui").header("access-control-allow-origin"))
                .isEqualTo("*");
    }

    @Test
    void the_limit_of_sign_ins_counts_each_address_alone() {
        for (int i = 0; i < 3; i++) {
            assertThat(post("/api/v1/limited", "{}", "X-Real-IP: 10.0.0.1").status())
                    .isEqualTo(200);
        }
        var fourth = post("/api/v1/limited", "{}", "X-Real-IP: 10.0.0.1");

        assertThat(fourth.status()).isEqualTo(429);
        assertThat(fourth.body()).contains("\"statusCode\":429");
        assertThat(post("/api/v1/limited", "{}", "X-Real-IP: 10.0.0.2").status())
                .isEqualTo(200);
    }

    @Test
    void the_document_names_every_route() {
        var document = Json.read(get("/api/v1/openapi.json").body());

        assertThat(document.path("openapi").asText()).startsWith("3.");
        assertThat(document.path("paths")
                        .path("/api/v1/things/{id}")
                        .path("get")
                        .path("x-permission")
                        .asText())
                .isEqualTo("READ_FLOW");
        assertThat(document.path("components")
                        .path("schemas")
                        .path("Greeting")
                        .path("required")
                        .toString())
                .isEqualTo("[\"name\",\"inner\"]");
        assertThat(document.path("paths").size())
                .isEqualTo(server.routes().stream().map(Route::path).distinct().count());
    }

    @Test
    void a_port_that_is_taken_ends_the_start_in_one_line() {
        var settings = new HttpSettings(
                server.port(),
                URI.create("http://x"),
                "",
                new HttpSettings.SignInLimit(false, 1, Duration.ofMinutes(1)),
                1);

        assertThatThrownBy(() -> HttpServer.start(settings, List.of(), HttpServerTest::authenticate, new Random(1)))
                .hasMessage("can't listen on port " + server.port()
                        + " (Address already in use): end what listens there, or set AP_PORT to another port");
    }
}
