package millrace.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static millrace.testkit.FlowBuilder.flow;
import static millrace.testkit.FlowBuilder.fourSteps;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import java.util.zip.GZIPOutputStream;
import millrace.engine.Json;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input of every kind has its documented answer, no 500 but that of a sync webhook whose flow failed, while the
 * server goes on serving.
 */
class HostileInputTest {
    private static final String API = "/api/v1";
    private static final String UNKNOWN = "a".repeat(21);
    private static final int DEPTH = 100_000;
    private static final String DEEP = "[".repeat(DEPTH) + "]".repeat(DEPTH);
    private static final Map<String, String> JSON = Map.of("content-type", "application/json");
    private static final String FAILED = "{\"message\":\"The flow has failed and there is no response returned\"}";

    /** A server on which runs have little time and memory. */
    private static TestMillrace narrow;

    @BeforeAll
    static void start() {
        narrow = TestMillrace.start(
                TestDatabase.Kind.SQLITE,
                Map.of(
                        "AP_FLOW_TIMEOUT_SECONDS",
                        "10",
                        "AP_SANDBOX_MEMORY_LIMIT",
                        "262144",
                        "AP_NETWORK_MODE",
                        "STRICT"));
    }

    @AfterAll
    static void stop() {
        narrow.close();
    }

    // ---- routes

    private static final List<String> BROKEN_BODIES = List.of(
            "",
            "{\"a\":",
            "{\"a\":1} {}",
            "{'a':1}",
            "{\"a\":NaN}",
            "{\"a\":\u0000}",
            "{\"a\":\"\u0000\"}",
            "{\"a\":\"\\ud800\"}",
            "{\"\\udc00\":1}",
            "{\"a\":" + "9".repeat(1_001) + "}",
            "null",
            "1",
            "[]",
            DEEP,
            "{\"a\":" + DEEP + "}",
            "{\"a\":".repeat(DEPTH) + "1" + "}".repeat(DEPTH));

    /** JSON texts by the type of field that they do not fit. */
    private static final Map<String, List<String>> WRONG = Map.of(
            "string", List.of("1", "true", "[]", "{}", "9007199254740993", "1e400", "-0", "\"\\ud800\""),
            "boolean", List.of("1", "\"true\"", "[]", "{}"),
            "object", List.of("1", "true", "[]", "\"{}\""),
            "array", List.of("1", "true", "{}", "\"[]\""),
            "integer", List.of("1.5", "1e400", "\"1\"", "[]", "9223372036854775808"));

    private static final List<String> QUERIES = List.of(
            "limit=9007199254740993",
            "limit=1e400",
            "limit=-0",
            "limit=-1",
            "limit=0",
            "limit=abc",
            "limit=2147483647",
            "limit=1&limit=2",
            "cursor=abc",
            "cursor=" + "A".repeat(20_000),
            "cursor=" + cursor("{\"created\":\"-999999999-01-01 00:00:00+00\",\"id\":\"x\"}"),
            "cursor=" + cursor("{\"created\":\"294277-01-01 00:00:00+00\",\"id\":\"x\"}"),
            "cursor=" + cursor("{\"created\":\"2026-01-01 00:00:00+00\",\"id\":\"\\u0000\"}"),
            "cursor=" + cursor("{\"updated\":\"2026-01-01 00:00:00+00\",\"id\":\"\\u0000\"}"),
            "cursor=" + cursor("{\"updated\":\"2026-01-01 00:00:00+00\",\"id\":\"\\ud800\"}"),
            "cursor=" + cursor("created:99999999999999999"),
            "cursor=" + cursor("updated:-99999999999999999"),
            "cursor=" + cursor(DEEP.substring(DEPTH - 1_000, DEPTH + 1_000)),
            "createdAfter=%2B999999999-12-31T23:59:59Z",
            "createdBefore=-999999999-01-01T00:00:00Z",
            "createdAfter=yesterday",
            "flowId=" + UNKNOWN + ("&flowId=" + UNKNOWN).repeat(1_200),
            "status=FAILED" + "&status=FAILED".repeat(3_000),
            "status=X",
            "tags=%00&failedStepName=%00&failedStepMessage=%00",
            "failedStepMessage=%25_!",
            "name=%00&displayName=%00&externalId=%00&externalIds=%00&searchQuery=%00&categories=%00",
            "connectionExternalIds=%22&agentExternalIds=%00",
            "folderId=%00",
            "token=%00",
            "token=a.b.c",
            "a=%zz",
            "a=%ff",
            "%00=%00",
            "&".repeat(20_000),
            "a|b={\"c\"}");

    /** For the code of runs: people are refused here before their bodies are looked at. */
    private static final Set<String> FOR_ENGINES = Set.of(API + "/waitpoints", API + "/store-entries");

    @OnBothDatabases
    void every_route_refuses_bodies_that_do_not_fit(TestMillrace millrace) {
        var people = new Faults(millrace);
        var engine = new Faults(millrace, millrace.engineToken());
        for (var route : routes(millrace)) {
            if (!route.method().equals("POST")) {
                continue;
            }
            var faults = FOR_ENGINES.contains(route.path()) ? engine : people;
            var expected = below500();
            if (route.takesJson()) {
                expected = status -> status >= 400 && status < 500;
                var plain = faults.wire.ask("POST", route.target(), faults.header("text/plain"), bytes("{}"));
                faults.check(route + " text/plain", plain, status -> status == 415);
            }
            for (var body : BROKEN_BODIES) {
                faults.check(route + " " + body, faults.post(route.target(), body), expected);
            }
            var notUtf8 = new byte[] {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}'};
            faults.check(
                    route + " not UTF-8",
                    faults.wire.ask("POST", route.target(), faults.header("application/json"), notUtf8),
                    expected);
            for (var field : route.fields().properties()) {
                var type = field.getValue().path("type").asText();
                for (var wrong : WRONG.getOrDefault(type, List.of())) {
                    var body = route.body(field.getKey(), wrong);
                    faults.check(route + " " + body, faults.post(route.target(), body), status -> status == 400);
                }
                if (type.equals("string")) {
                    var nul = route.body(field.getKey(), "\"a\\u0000b\"");
                    faults.check(route + " " + nul, faults.post(route.target(), nul), below500());
                }
            }
        }
        people.assertNone();
        engine.assertNone();
    }

    @OnBothDatabases
    void every_route_answers_strange_ids_queries_and_methods(TestMillrace millrace) {
        var faults = new Faults(millrace);
        for (var route : routes(millrace)) {
            var body = route.method().equals("POST") ? route.body() : "";
            for (var id : List.of("x", "a".repeat(22), "%00".repeat(21), "%zz", "%ff", "..", "a".repeat(5_000))) {
                if (route.path().contains("Id}") || route.path().contains("{id}")) {
                    var reply = faults.ask(route.method(), route.target(id), body);
                    // Links that anybody may open answer with what their reader should know.
                    faults.check(
                            route + " id " + id,
                            reply,
                            route.secured() ? status -> status >= 400 && status < 500 : below500());
                }
            }
            if (route.path().contains("{id}")) {
                var reply = faults.ask(route.method(), route.target(UNKNOWN), body);
                faults.check(route + " unknown id", reply, status -> status == 404 || status == 403);
            }
            if (route.method().equals("GET")) {
                for (var query : QUERIES) {
                    var target =
                            route.target() + "?projectId=" + millrace.owner().projectId() + "&" + query;
                    faults.check(route + " " + query, faults.ask("GET", target, ""), below500());
                }
            }
            for (var method : List.of("PUT", "PATCH", "TRACE", "FOO")) {
                faults.check(route + " " + method, faults.ask(method, route.target(UNKNOWN), ""), below500());
            }
        }
        for (var bad : List.of("limit=-1", "limit=0", "limit=abc", "limit=1e400", "status=X", "createdAfter=x")) {
            var target = API + "/flow-runs?projectId=" + millrace.owner().projectId() + "&" + bad;
            faults.check(bad, faults.ask("GET", target, ""), status -> status == 400);
        }
        faults.assertNone();
    }

    @OnBothDatabases
    void the_store_refuses_keys_that_do_not_fit(TestMillrace millrace) {
        var faults = new Faults(millrace, millrace.engineToken());
        var keys =
                new ArrayList<>(List.of("key", "key=", "key=%00", "key=a%00b", "key=%ee%80%80", "key=%ff", "key=%zz"));
        keys.add("key=" + "k".repeat(129));
        keys.add("key=" + "k".repeat(20_000));
        keys.add("key=%ed%a0%80");
        for (var key : keys) {
            for (var method : List.of("GET", "DELETE")) {
                faults.check(
                        method + " " + key,
                        faults.ask(method, API + "/store-entries?" + key, ""),
                        status -> status == 400 || status == 414);
            }
        }
        var deep = "[".repeat(150) + "]".repeat(150);
        faults.check(
                "deep", faults.post(API + "/store-entries", "{\"key\":\"deep\",\"value\":" + deep + "}"), below500());
        faults.check("deep", faults.ask("GET", API + "/store-entries?key=deep", ""), status -> status == 200);
        faults.assertNone();
    }

    @Test
    void no_route_lets_a_forged_token_in() {
        var millrace = narrow;
        var parts = millrace.owner().token().split("\\.");
        var claims = (ObjectNode) Json.read(Base64.getUrlDecoder().decode(parts[1]));
        var tokens = new ArrayList<>(List.of("", "x", "a.b.c", "sk-x", "a".repeat(20_000), "." + "a.".repeat(3)));
        tokens.add(base64("{\"alg\":\"none\"}") + "." + parts[1] + ".");
        tokens.add(base64("{\"alg\":\"RS256\"}") + "." + parts[1] + "." + parts[2]);
        tokens.add(base64("{\"alg\":\"HS256\",\"crit\":[\"exp\"]}") + "." + parts[1] + "." + parts[2]);
        tokens.add(base64(DEEP.substring(DEPTH - 1_500, DEPTH + 1_500)) + "." + parts[1] + "." + parts[2]);
        for (var type : List.of("\"ENGINE\"", "\"WORKER\"", "\"SERVICE\"", "\"ROOT\"", "1", "null")) {
            var forged = claims.deepCopy();
            forged.set("type", Json.read(type));
            tokens.add(parts[0] + "." + base64(Json.text(forged)) + "." + parts[2]);
        }
        var faults = new Faults(millrace);
        for (var route : routes(millrace)) {
            for (var token : tokens) {
                var headers = new LinkedHashMap<>(JSON);
                headers.put("authorization", "Bearer " + token);
                var reply = faults.wire.ask(route.method(), route.target(), headers, bytes(route.body()));
                faults.check(
                        route + " token " + token,
                        reply,
                        route.secured() ? status -> status == 401 || status == 403 : below500());
            }
        }
        faults.assertNone();
    }

    private static final List<String> BAD_OPERATIONS = List.of(
            "{}",
            "{\"type\":1,\"request\":{}}",
            "{\"type\":\"X\",\"request\":{}}",
            "{\"type\":\"CHANGE_NAME\",\"request\":[]}",
            "{\"type\":\"CHANGE_NAME\",\"request\":{\"displayName\":9007199254740993}}",
            "{\"type\":\"USE_AS_DRAFT\",\"request\":{\"versionId\":\"\\u0000\"}}",
            "{\"type\":\"CHANGE_FOLDER\",\"request\":{\"folderId\":\"\\u0000\"}}",
            "{\"type\":\"UPDATE_OWNER\",\"request\":{\"ownerId\":\"\\u0000\"}}",
            "{\"type\":\"CHANGE_STATUS\",\"request\":{\"status\":\"\\u0000\"}}",
            "{\"type\":\"SAVE_SAMPLE_DATA\",\"request\":{\"stepName\":\"\\u0000\",\"type\":\"INPUT\",\"payload\":1}}",
            "{\"type\":\"DELETE_NOTE\",\"request\":{\"id\":1}}",
            "{\"type\":\"ADD_BRANCH\",\"request\":{\"stepName\":\"x\",\"branchIndex\":1e400,\"branchName\":\"b\"}}",
            "{\"type\":\"MOVE_BRANCH\",\"request\":{\"stepName\":\"x\",\"sourceBranchIndex\":-1,"
                    + "\"targetBranchIndex\":9007199254740993}}",
            "{\"type\":\"ADD_ACTION\",\"request\":{\"parentStep\":\"trigger\",\"action\":{\"type\":\"CODE\"}}}",
            "{\"type\":\"ADD_ACTION\",\"request\":{\"parentStep\":\"nobody\",\"action\":null}}",
            "{\"type\":\"UPDATE_TRIGGER\",\"request\":{\"type\":\"PIECE_TRIGGER\",\"settings\":[]}}",
            "{\"type\":\"IMPORT_FLOW\",\"request\":{\"displayName\":\"x\",\"trigger\":{\"nextAction\":[]}}}",
            "{\"type\":\"IMPORT_FLOW\",\"request\":{\"displayName\":\"x\",\"schemaVersion\":\"1e400\",\"trigger\":{}}}",
            "{\"type\":\"UPDATE_MINUTES_SAVED\",\"request\":{\"timeSavedPerRun\":\"1\"}}",
            "{\"type\":\"UPDATE_METADATA\",\"request\":{\"metadata\":[]}}");

    @OnBothDatabases
    void operations_that_do_not_fit_leave_the_flow_as_it_was(TestMillrace millrace) {
        var flow = millrace.publish(fourSteps());
        var before = millrace.owner().get("/flows/" + flow).success();
        var faults = new Faults(millrace);

        for (var operation : BAD_OPERATIONS) {
            faults.check(
                    operation, faults.post(API + "/flows/" + flow, operation), status -> status >= 400 && status < 500);
        }

        faults.assertNone();
        assertThat(millrace.owner().get("/flows/" + flow).success()).isEqualTo(before);
    }

    @OnBothDatabases
    void another_tenants_ids_are_unknown(TestMillrace millrace) throws SQLException {
        try (var stranger = SecondTenant.of(millrace)) {
            var foreign = new Routes(stranger);
            var flowBefore = stranger.get("/flows/" + foreign.flow).success();
            var faults = new Faults(millrace);

            for (var route : routes(millrace)) {
                var owned = route.path().contains("{id}") && route.secured();
                if (owned) {
                    var target = route.target(foreign.idFor(route.path()));
                    faults.check(
                            route + " of another tenant",
                            faults.ask(route.method(), target, route.method().equals("POST") ? route.body() : ""),
                            status -> status == 404 || status == 403);
                }
            }
            for (var list : List.of("/flows", "/flows/count", "/folders", "/flow-runs")) {
                faults.check(
                        list + " of another project",
                        faults.ask("GET", API + list + "?projectId=" + stranger.projectId(), ""),
                        status -> status == 403 || status == 404);
            }
            for (var create : List.of("/flows", "/folders")) {
                var body = "{\"projectId\":\"" + stranger.projectId() + "\",\"displayName\":\"x\"}";
                faults.check(
                        create + " in another project",
                        faults.post(API + create, body),
                        status -> status == 403 || status == 404);
            }

            faults.assertNone();
            assertThat(stranger.get("/flows/" + foreign.flow).success()).isEqualTo(flowBefore);
            assertThat(millrace.owner().get("/projects").success().path("data"))
                    .noneMatch(project -> project.path("id").asText().equals(stranger.projectId()));
        }
    }

    // ---- HTTP

    private static final String HOST = "Host: x\r\n";
    private static final String FLAGS = "GET /api/v1/flags HTTP/1.1\r\n";
    private static final String CHUNKED = "POST /api/v1/authentication/sign-in HTTP/1.1\r\n" + HOST
            + "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    private static final String SIGN_IN =
            "POST /api/v1/authentication/sign-in HTTP/1.1\r\n" + HOST + "content-type: application/json\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                FLAGS + "\r\n",
                FLAGS + HOST + HOST + "\r\n",
                FLAGS + "Host: a b\r\n\r\n",
                "GET /api/v1/flags HTTP/1.1\nHost: x\n\n",
                FLAGS + HOST + "no colon\r\n\r\n",
                FLAGS + HOST + "a b: c\r\n\r\n",
                FLAGS + HOST + "a: b\u0000\r\n\r\n",
                FLAGS + HOST + "a: b\r\n c\r\n\r\n",
                "G(T /api/v1/flags HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /api/v1/flags\r\n" + HOST + "\r\n",
                "GET  /api/v1/flags HTTP/1.1\r\n" + HOST + "\r\n",
                "GET /api/v1/fl ags HTTP/1.1\r\n" + HOST + "\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                SIGN_IN + "content-length: 2\r\ncontent-length: 5\r\n\r\n{}abc",
                SIGN_IN + "content-length: 2, 2\r\n\r\n{}",
                SIGN_IN + "content-length: -1\r\n\r\n",
                SIGN_IN + "content-length: 0x2\r\n\r\n{}",
                SIGN_IN + "content-length: 99999999999999999999\r\n\r\n",
                SIGN_IN + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
                SIGN_IN + "transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                SIGN_IN + "transfer-encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                SIGN_IN + "transfer-encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                CHUNKED + "zz\r\n{}\r\n0\r\n\r\n",
                CHUNKED + "-1\r\n{}\r\n0\r\n\r\n",
                CHUNKED + "0x2\r\n{}\r\n0\r\n\r\n",
                CHUNKED + "ffffffffffffffff\r\n{}\r\n",
                CHUNKED + "2\n{}\n0\n\n",
                CHUNKED + "2\r\n{}0\r\n\r\n",
            })
    void what_is_no_http_is_400_with_a_json_body(String request) {
        var reply = Wire.to(narrow.base()).say(request);

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.json().path("statusCode").asInt()).isEqualTo(400);
    }

    @Test
    void what_is_too_long_is_refused_with_a_json_body() {
        var wire = Wire.to(narrow.base());

        var target = wire.say("GET /" + "a".repeat(100_000) + " HTTP/1.1\r\n" + HOST + "\r\n");
        var header = wire.say(FLAGS + HOST + "a: " + "b".repeat(100_000) + "\r\n\r\n");

        assertThat(target.status()).isEqualTo(414);
        assertThat(target.json().path("statusCode").asInt()).isEqualTo(414);
        assertThat(header.status()).isEqualTo(400);
        assertThat(header.json().path("statusCode").asInt()).isEqualTo(400);
    }

    // ---- webhooks

    private static final Map<String, Integer> WEBHOOK_BODIES = Map.of(
            "{\"a\":",
            400,
            "",
            400,
            DEEP,
            400,
            "[".repeat(201) + "]".repeat(201),
            400,
            "{\"a\":\"\\ud800\"}",
            400,
            "{\"a\":" + "9".repeat(1_001) + "}",
            400,
            "[".repeat(200) + "]".repeat(200),
            200,
            "{\"a\":1,\"a\":2}",
            200,
            "{\"__proto__\":{\"polluted\":1},\"constructor\":{\"prototype\":{\"polluted\":1}}}",
            200,
            "{\"a\\u0000\":\"\\u0000\",\"n\":9007199254740993,\"d\":0.10000000000000000001,\"e\":1E+400}",
            200);

    @OnBothDatabases
    void a_webhook_takes_any_json_and_refuses_what_is_none(TestMillrace millrace) {
        var wire = Wire.to(millrace.base());

        WEBHOOK_BODIES.forEach((body, status) -> {
            var flow = millrace.publish(flow().onWebhook().step("a", Step.respond("{{trigger['output'].body}}")));
            var reply = wire.ask("POST", webhook(flow), JSON, bytes(body));

            assertThat(reply.status()).as(shown(body)).isEqualTo(status);
            if (status == 200) {
                // Written anew from what was read: the last of duplicate keys, and every digit.
                var expected = Json.text(Json.read(body));
                assertThat(reply.body()).isEqualTo(expected);
                assertThat(Json.text(millrace.onlyRun(flow).at("/steps/trigger/output/body")))
                        .isEqualTo(expected);
                assertThat(Json.text(millrace.onlyRun(flow).at("/steps/a/output/body")))
                        .isEqualTo(expected);
            }
        });
    }

    @OnBothDatabases
    void addresses_that_are_no_flows_are_410(TestMillrace millrace) {
        for (var id : List.of(UNKNOWN, "x", "%00", "%00".repeat(21), "%zz", "%ff", "|", "a".repeat(5_000))) {
            var reply = Wire.to(millrace.base()).ask("POST", webhook(id), JSON, bytes("{}"));

            assertThat(reply.status()).as(shown(id)).isEqualTo(410);
            assertThat(reply.body()).isEqualTo("{}");
        }
    }

    @Test
    void queries_of_webhooks_are_read_leniently() {
        var flow = narrow.publish(flow().onWebhook().step("a", Step.respond("{{trigger['output'].queryParams}}")));

        var reply = Wire.to(narrow.base())
                .ask(
                        "GET",
                        webhook(flow) + "?a=|{\"x%zz%&b=%&__proto__=1&c=%00&d=%ff&" + "e=1&".repeat(3_000),
                        Map.of(),
                        bytes(""));

        assertThat(reply.status()).isEqualTo(200);
        var query = reply.json();
        assertThat(query.path("a").asText()).isEqualTo("|{\"x%zz%");
        assertThat(query.path("b").asText()).isEqualTo("%");
        assertThat(query.path("__proto__").asText()).isEqualTo("1");
        assertThat(query.path("c").asText()).isEqualTo("\0");
        assertThat(query.path("d").asText()).isEqualTo("\ufffd");
    }

    @Test
    void a_webhook_over_the_limit_is_413() throws IOException {
        var flow = narrow.publish(fourSteps());
        var wire = Wire.to(narrow.base());
        var chunk = bytes("100000\r\n" + "1".repeat(1 << 20) + "\r\n");
        var chunks = new byte[27][];
        java.util.Arrays.fill(chunks, 0, 26, chunk);
        chunks[26] = bytes("0\r\n\r\n");

        var byLength = wire.ask("POST", webhook(flow), JSON, new byte[26 << 20]);
        var chunked = wire.say(
                "POST " + webhook(flow) + " HTTP/1.1\r\n" + HOST
                        + "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
                chunks);
        var bomb = wire.ask("POST", webhook(flow), gzip(), zipped(new byte[200 << 20]));

        for (var reply : List.of(byLength, chunked, bomb)) {
            assertThat(reply.status()).isEqualTo(413);
            assertThat(reply.body()).isEqualTo("{\"message\":\"Payload too large\"}");
        }
    }

    @Test
    void a_body_that_is_not_what_its_encoding_says_is_400() throws IOException {
        var flow = narrow.publish(fourSteps());
        var wire = Wire.to(narrow.base());
        var whole = zipped(bytes("{\"a\": 1}"));

        var cut = wire.ask("POST", webhook(flow), gzip(), java.util.Arrays.copyOf(whole, whole.length - 6));
        var none = wire.ask("POST", webhook(flow), gzip(), bytes("{\"a\": 1}"));

        assertThat(cut.status()).isEqualTo(400);
        assertThat(none.status()).isEqualTo(400);
    }

    // ---- runs

    /** @param end a pattern of the run's status and its failed step's message */
    private record Bad(Step step, String end) {}

    private static final List<Bad> BAD_STEPS = List.of(
            new Bad(Step.code("throw new Error('boom')"), "FAILED boom"),
            new Bad(Step.code("throw new Error('a\\u0000b\\ud800')"), "FAILED a\0b\ufffd"),
            new Bad(Step.code("throw null"), "FAILED null"),
            new Bad(Step.code("throw new Proxy({}, {get() { throw 1 }})"), "FAILED .*"),
            new Bad(Step.code("const a = {}; a.a = a; return a"), "FAILED The output can not be written.*"),
            new Bad(
                    Step.code("let a = 1; for (let i = 0; i < 201; i++) a = [a]; return a"),
                    "FAILED The output can not be kept.*"),
            new Bad(
                    Step.code("let a = 1; for (let i = 0; i < 1e6; i++) a = [a]; return a"),
                    "FAILED The output can not be.*"),
            new Bad(Step.code("return {'\\ud800': 1}"), "FAILED The output can not be kept.*"),
            new Bad(Step.code("return 'x'.repeat(3e7)"), "FAILED The output has .* more than .*"),
            new Bad(Step.code("process.exit(0)"), "FAILED process.exit.*"),
            new Bad(Step.code("Promise.reject(new Error('late')); await new Promise(() => {})"), "FAILED late"),
            new Bad(
                    Step.code("setTimeout(() => { throw new Error('timer') }, 1); await new Promise(() => {})"),
                    "FAILED timer"),
            new Bad(Step.code("return eval('1')"), "FAILED .*"),
            new Bad(Step.code("return (() => {}).constructor('return process')()"), "FAILED .*"),
            new Bad(Step.code("return process.binding('fs')"), "FAILED .*"),
            new Bad(
                    Step.code("return (await import('fs')).readFileSync('/etc/passwd', 'utf8')"),
                    "FAILED .*not available.*"),
            new Bad(Step.code("Object.prototype.polluted = 1; return 1"), "FAILED .*not extensible.*"),
            new Bad(Step.code("Array.prototype.map = () => 'evil'; return 1"), "FAILED .*"),
            new Bad(top("require('child_process').execSync('id')"), "FAILED .*child_process.*"),
            new Bad(top("require('node:fs').readFileSync('/etc/passwd')"), "FAILED .*fs.*"),
            new Bad(top("process.mainModule.require('child_process')"), "FAILED .*"),
            new Bad(
                    Step.module(
                            "import { execSync } from 'child_process'; export const code = async () => execSync('id')"),
                    "FAILED .*child_process.*"),
            new Bad(top("throw new Error('top')"), "FAILED top"),
            new Bad(Step.module("export const code = async ( => 1"), "FAILED The source can not be compiled.*"),
            new Bad(Step.module("export const other = 1"), "FAILED The source exports no function.*"),
            new Bad(
                    Step.loop("{{trigger['output'].body}}").step("b", Step.code("return 1")),
                    "FAILED A loop needs a list.*"),
            new Bad(
                    Step.loop("{{ (() => { throw 1 })() }}").step("b", Step.code("return 1")),
                    "FAILED A loop needs a list.*"),
            new Bad(
                    given("{{ (() => { let a = 1; for (let i = 0; i < 300; i++) a = [a]; return a })() }}"),
                    "FAILED The value of an expression can not be kept.*"),
            new Bad(given("{{connections['a\0b']}}"), "FAILED .*not found.*"),
            new Bad(given("{{ (() => { throw new Error('x') })() }}"), "SUCCEEDED "),
            new Bad(given("{{nobody['output'].x.y}} {{ ((( }} {{ process.exit(1) }}"), "SUCCEEDED "),
            new Bad(answer("99", "{}"), "FAILED .*status.*"),
            new Bad(answer("100", "{}"), "FAILED .*status.*"),
            new Bad(answer("1000", "{}"), "FAILED .*status.*"),
            new Bad(answer("\"200abc\"", "{}"), "FAILED .*200abc.*"),
            new Bad(answer("1e400", "{}"), "FAILED .*status.*"),
            new Bad(answer("200", "{\"x-a\": \"b\\r\\nset-cookie: c\"}"), "FAILED .*line break.*"),
            new Bad(answer("200", "{\"x a\": \"b\"}"), "FAILED .*no header name.*"));

    @OnBothDatabases
    void a_step_that_goes_wrong_ends_its_run_and_nothing_else(TestMillrace millrace) {
        var wire = Wire.to(millrace.base());
        for (var bad : BAD_STEPS) {
            var flow = millrace.publish(flow().onWebhook().step("a", bad.step()));

            var reply = wire.ask("POST", webhook(flow), JSON, bytes("{}"));

            assertThat(end(millrace.onlyRun(flow))).matches("(?s)" + bad.end());
            if (bad.end().startsWith("FAILED")) {
                assertThat(reply.status()).isEqualTo(500);
                assertThat(reply.body()).isEqualTo(FAILED);
            } else {
                assertThat(reply.status()).isEqualTo(204);
            }
        }
        assertThat(millrace.sync(millrace.publish(fourSteps()), "{}").text()).isEqualTo("6");
    }

    @Test
    void headers_that_belong_to_the_connection_are_left_out_of_an_answer() {
        var flow = narrow.publish(flow().onWebhook()
                .step(
                        "a",
                        answer(
                                "200",
                                "{\"content-length\": \"999\", \"transfer-encoding\": \"chunked\", \"x-a\": \"b\"}")));

        var reply = Wire.to(narrow.base()).ask("POST", webhook(flow), JSON, bytes("{}"));

        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo("{\"x\":1}");
        assertThat(reply.head().toLowerCase(java.util.Locale.ROOT))
                .contains("x-a: b")
                .doesNotContain("999", "chunked");
    }

    @Test
    void a_piece_that_wraps_what_it_gets_ends_before_its_output_is_too_deep_to_write() {
        var flow = flow().onWebhook();
        for (var i = 0; i < 5; i++) {
            var before = i == 0 ? "1" : "{{a" + (i - 1) + "['output']}}";
            var mapping =
                    Json.read("{\"a\":".repeat(150) + Json.text(Json.MAPPER.valueToTree(before)) + "}".repeat(150));
            flow = flow.step(
                    "a" + i,
                    Step.piece("@activepieces/piece-data-mapper", "0.3.0", "advanced_mapping")
                            .input("mapping", mapping));
        }
        var id = narrow.publish(flow);

        narrow.webhook(id, "{}");

        assertThat(end(narrow.onlyRun(id))).startsWith("FAILED The output can not be kept");
    }

    @Test
    void nothing_of_a_run_is_in_another() {
        var pollute = Step.module("""
                globalThis.Object.defineProperty(Object, 'x', {value: 1});
                export const code = async () => 1;""");
        narrow.webhook(narrow.publish(flow().onWebhook().step("a", pollute)), "{}");
        narrow.sync(
                narrow.publish(flow().onWebhook()
                        .step("a", given("{{ (() => { Object.prototype.x = 1; globalThis.y = 1; return 1 })() }}"))),
                "{}");
        var look = narrow.publish(flow().onWebhook()
                .step(
                        "a",
                        Step.code("return [String({}.x), typeof y, String({}.polluted), String(inputs.given.polluted)]")
                                .input("given", "{{trigger['output'].body}}"))
                .step("b", Step.respond("{{a['output']}}")));

        var seen = narrow.sync(
                look, "{\"__proto__\": {\"polluted\": 1}, \"constructor\": {\"prototype\": {\"polluted\": 1}}}");

        assertThat(seen.text()).isEqualTo("[\"undefined\",\"undefined\",\"undefined\",\"undefined\"]");
    }

    private static final Map<String, String> BOMBS = Map.of(
            "for (;;);", "TIMEOUT",
            "await new Promise(() => {})", "TIMEOUT",
            "return {toJSON() { for (;;); }}", "TIMEOUT",
            "process.version; for (;;);", "TIMEOUT",
            "const a = []; for (;;) a.push(new Array(1e6).fill(1))", "MEMORY_LIMIT_EXCEEDED|TIMEOUT",
            "const a = []; for (;;) { a.push(new Array(1e6).fill(1)); await new Promise(r => setTimeout(r, 1)) }",
                    "MEMORY_LIMIT_EXCEEDED|TIMEOUT",
            "process.version; const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1))",
                    "MEMORY_LIMIT_EXCEEDED|TIMEOUT|FAILED");

    @Test
    void endless_and_greedy_steps_end_while_others_are_served() throws InterruptedException {
        var probe = narrow.publish(fourSteps());
        var probes = new CopyOnWriteArrayList<Duration>();
        var wrong = new CopyOnWriteArrayList<String>();
        var ending = new AtomicBoolean();
        var prober = Thread.ofVirtual().start(() -> {
            while (!ending.get()) {
                var began = System.nanoTime();
                var answer = narrow.sync(probe, "{}");
                probes.add(Duration.ofNanos(System.nanoTime() - began));
                if (answer.status() != 200 || !answer.text().equals("6")) {
                    wrong.add(answer.status() + " " + answer.text());
                }
            }
        });

        var flows = new LinkedHashMap<String, String>();
        BOMBS.forEach((source, status) -> {
            var flow = narrow.publish(flow().onWebhook().step("a", Step.code(source)));
            assertThat(narrow.webhook(flow, "{}").status()).isEqualTo(200);
            flows.put(flow, status);
        });
        flows.forEach((flow, status) ->
                assertThat(narrow.onlyRun(flow).path("status").asText()).matches(status));
        ending.set(true);
        prober.join();

        assertThat(wrong)
                .as(() -> "runs of the probe that failed: "
                        + narrow.owner().runs(probe).stream()
                                .filter(run -> !run.path("status").asText().equals("SUCCEEDED"))
                                .map(run -> narrow.owner().run(run.path("id").asText()))
                                .toList())
                .isEmpty();
        assertThat(probes.stream().sorted().toList().get(probes.size() / 2)).isLessThan(Duration.ofSeconds(1));
        assertThat(probes).allMatch(took -> took.compareTo(Duration.ofSeconds(10)) < 0);
        var open = narrow.owner()
                .get("/flow-runs?status=RUNNING&status=QUEUED&projectId="
                        + narrow.owner().projectId())
                .success();
        assertThat(open.path("data")).isEmpty();
    }

    // ---- what the tests speak with

    private static String end(JsonNode run) {
        return run.path("status").asText() + " " + run.at("/failedStep/message").asText();
    }

    /** A step that does nothing but get this input. */
    private static Step given(String input) {
        return Step.code("return 1").input("given", input);
    }

    /** Statements at the top level of a module. */
    private static Step top(String statements) {
        return Step.module("const top = (() => { " + statements + " })(); export const code = async () => 1;");
    }

    private static Step answer(String status, String headers) {
        var fields = Json.object();
        fields.set("status", Json.read(status));
        fields.set("headers", Json.read(headers));
        fields.putObject("body").put("x", 1);
        return Step.piece("@activepieces/piece-webhook", "0.1.29", "return_response")
                .input("responseType", "json")
                .input("respond", "stop")
                .input("fields", fields);
    }

    private static String webhook(String flowId) {
        return API + "/webhooks/" + flowId + "/sync";
    }

    private static Map<String, String> gzip() {
        return Map.of("content-type", "application/json", "content-encoding", "gzip");
    }

    private static byte[] zipped(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(text));
    }

    private static String cursor(String inner) {
        var encoder = Base64.getEncoder();
        var encoded = encoder.encodeToString(bytes("next_" + encoder.encodeToString(bytes(inner))));
        return encoded.replace("+", "%2B").replace("=", "%3D");
    }

    private static String shown(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    private static IntPredicate below500() {
        return status -> status >= 200 && status < 500;
    }

    /** All routes that the server names, with ids that exist. */
    private static List<Route> routes(TestMillrace millrace) {
        var ids = new Routes(millrace.owner());
        var document = millrace.owner().get("/openapi.json").success();
        var routes = new ArrayList<Route>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    var operation = method.getValue();
                    var schema = operation.at("/requestBody/content/application~1json/schema");
                    var name = schema.path("$ref").asText().replaceFirst(".*/", "");
                    routes.add(new Route(
                            method.getKey().toUpperCase(java.util.Locale.ROOT),
                            path.getKey(),
                            !schema.isMissingNode(),
                            operation.has("security"),
                            document.path("components").path("schemas").path(name),
                            ids));
                }));
        assertThat(routes).hasSizeGreaterThan(30);
        return routes;
    }

    /** One tenant's ids, for the parameters of routes. */
    private static final class Routes {
        final String flow;
        private final Map<String, String> ids;
        private final String projectId;

        Routes(Client client) {
            flow = client.publish(fourSteps());
            client.sync(flow, Json.object());
            projectId = client.projectId();
            var me = client.get("/users/me").success();
            var folder = client.post(
                            "/folders",
                            Json.object().put("projectId", projectId).put("displayName", "of " + flow))
                    .success();
            ids = Map.of(
                    "flows", flow,
                    "flow-runs", client.onlyRun(flow).path("id").asText(),
                    "folders", folder.path("id").asText(),
                    "users", me.path("id").asText(),
                    "platforms", me.path("platformId").asText(),
                    "projects", projectId);
        }

        String idFor(String path) {
            return ids.getOrDefault(path.split("/")[3], UNKNOWN);
        }
    }

    private record Route(String method, String path, boolean takesJson, boolean secured, JsonNode schema, Routes ids) {
        /** Deleting what exists would take it from the checks that follow. */
        String target() {
            return target(method.equals("DELETE") ? UNKNOWN : ids.idFor(path));
        }

        String target(String id) {
            return path.replaceAll("\\{[^}]*}", java.util.regex.Matcher.quoteReplacement(id));
        }

        ObjectNode fields() {
            return schema.path("properties") instanceof ObjectNode properties ? properties : Json.object();
        }

        /** A body that fits. */
        String body() {
            return takesJson ? body("", "") : "{}";
        }

        /** A body that fits but for one field, whose JSON text is given. */
        String body(String name, String text) {
            if (schema.isMissingNode()) {
                return "{\"type\":\"CHANGE_NAME\",\"request\":{\"displayName\":\"x\"}}";
            }
            var body = Json.object();
            schema.path("required").forEach(required -> {
                switch (fields().path(required.asText()).path("type").asText()) {
                    case "boolean" -> body.put(required.asText(), false);
                    case "integer", "number" -> body.put(required.asText(), 1);
                    case "array" -> body.putArray(required.asText());
                    case "object" -> body.putObject(required.asText());
                    default -> body.put(required.asText(), "x");
                }
            });
            // The schema says that it is text, not which.
            if (body.has("strategy")) {
                body.put("strategy", "FROM_FAILED_STEP");
            }
            if (fields().has("projectId")) {
                body.put("projectId", ids.projectId);
            }
            if (name.isEmpty()) {
                return Json.text(body);
            }
            return Json.text(body.put(name, "@")).replace("\"@\"", text);
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    /** Calls as the owner, and collects what is not as it should be. */
    private static final class Faults {
        final Wire wire;
        private final String token;
        private final List<String> found = new ArrayList<>();

        Faults(TestMillrace millrace) {
            this(millrace, millrace.owner().token());
        }

        Faults(TestMillrace millrace, String token) {
            wire = Wire.to(millrace.base());
            this.token = token;
        }

        Map<String, String> header(String contentType) {
            return Map.of("content-type", contentType, "authorization", "Bearer " + token);
        }

        Wire.Reply post(String target, String body) {
            return ask("POST", target, body);
        }

        Wire.Reply ask(String method, String target, String body) {
            return wire.ask(method, target, header("application/json"), bytes(body));
        }

        /** The status is as expected, and a refusal has a JSON body of the two documented shapes. */
        void check(String what, Wire.Reply reply, IntPredicate expected) {
            if (!expected.test(reply.status())) {
                found.add(shown(what) + " was answered " + reply.status() + " " + shown(reply.body()));
            } else if (reply.status() >= 400 && !Json.read(reply.body()).isObject()) {
                found.add(shown(what) + " was refused with " + shown(reply.body()));
            }
        }

        void assertNone() {
            assertThat(found).isEmpty();
        }
    }
}
