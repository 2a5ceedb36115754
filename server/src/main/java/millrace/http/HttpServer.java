package millrace.http;

import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.random.RandomGenerator;
import millrace.access.Patience;
import millrace.access.Principal;
import millrace.config.HttpSettings;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * The web server: one virtual thread a connection, one handler for all requests, which finds the declared route and does
 * what its declaration says, in this order: route, limit of sign-ins, principal, ids in the path, body, handler, answer.
 */
public final class HttpServer implements AutoCloseable {

    private static final String ALL_ADDRESSES = "0.0.0.0";

    /** How long requests under way may take at a stop. */
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private static final HeaderName REQUEST_ID = HeaderNames.create("x-request-id");
    private static final HeaderName REQUESTED_METHOD = HeaderNames.create("access-control-request-method");
    private static final HeaderName REQUESTED_HEADERS = HeaderNames.create("access-control-request-headers");
    private static final Header JSON_TYPE =
            HeaderValues.createCached("content-type", "application/json; charset=utf-8");
    private static final Header ANY_ORIGIN = HeaderValues.createCached("access-control-allow-origin", "*");
    private static final Header ALL_EXPOSED = HeaderValues.createCached("access-control-expose-headers", "*");
    private static final Header ALL_METHODS =
            HeaderValues.createCached("access-control-allow-methods", "GET, POST, DELETE, PUT, PATCH, HEAD");
    private static final Header PREFLIGHT_AGE = HeaderValues.createCached("access-control-max-age", "600");

    private final WebServer server;
    private final Router router;
    private final List<Route> routes;
    private final Authenticator authenticator;
    private final RequestIds requestIds;
    private final @Nullable RateLimit signInLimit;
    private final @Nullable HeaderName clientAddressHeader;
    private volatile byte @Nullable [] document;

    private HttpServer(HttpSettings settings, List<Room> rooms, Authenticator authenticator, RandomGenerator random) {
        var declared = new Routes();
        rooms.forEach(room -> room.declare(declared));
        declared.get("/openapi.json", call -> Answer.bytes("application/json; charset=utf-8", document()))
                .open();
        this.routes = declared.all();
        this.router = new Router(routes);
        this.authenticator = authenticator;
        this.requestIds = new RequestIds(random);
        this.signInLimit =
                settings.signInLimit().enabled() ? new RateLimit(settings.signInLimit(), System::nanoTime) : null;
        this.clientAddressHeader = settings.clientAddressHeader().isEmpty()
                ? null
                : HeaderNames.create(settings.clientAddressHeader().toLowerCase(Locale.ROOT));
        this.server = webServer(settings.port());
    }

    /**
     * Begins to load what a server needs, beside what else a start has to do; returns at once. A start has a core to
     * spare while it waits for the database.
     */
    public static void warmUp(HttpSettings settings, RandomGenerator random) {
        Thread.ofPlatform()
                .daemon()
                .name("http-warm-up")
                .start(() -> new HttpServer(
                        settings,
                        List.of(),
                        token -> {
                            throw new IllegalStateException("nobody is served yet");
                        },
                        random));
    }

    /**
     * Starts to listen.
     *
     * @throws IllegalStateException in one line for the operator when it can't: the port is taken, or not allowed
     */
    public static HttpServer start(
            HttpSettings settings, List<Room> rooms, Authenticator authenticator, RandomGenerator random) {
        var started = new HttpServer(settings, rooms, authenticator, random);
        started.server.start();
        // Helidon keeps the reason to itself.
        if (!started.server.isRunning()) {
            throw new IllegalStateException("can't listen on port " + settings.port() + " (" + reason(settings.port())
                    + "): end what listens there, or set AP_PORT to another port");
        }
        return started;
    }

    private static String reason(int port) {
        try (var socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(ALL_ADDRESSES, port));
            return "it was taken a moment ago";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.port();
    }

    /** Every declared route, for the permission matrix. */
    public List<Route> routes() {
        return routes;
    }

    /** Stops accepting, waits for requests under way, closes all connections. */
    @Override
    public void close() {
        if (server.isRunning()) {
            server.stop();
        }
    }

    /** Made at the first question: it never changes, and a start should not wait for it. */
    private byte[] document() {
        var made = document;
        if (made == null) {
            made = AnswerText.bytes(new OpenApi(routes).document());
            document = made;
        }
        return made;
    }

    /**
     * Paths and queries are not checked by Helidon: third parties send raw {@code |}, <code>{</code> and {@code "} to
     * webhooks, and our own parsing refuses what JSON routes can't read. No request may announce more than the largest
     * limit of a route: Helidon reads one chunk of a chunked body as a whole.
     */
    private WebServer webServer(int port) {
        var http1 = Http1Config.builder()
                .validatePath(false)
                .validatePrologue(false)
                .validateResponseHeaders(false)
                .maxPrologueLength(64 * 1024)
                .maxHeadersSize(64 * 1024)
                .sendLog(false)
                .receiveLog(false)
                .build();
        long largest = routes.stream().mapToLong(Route::maxBytes).max().orElse(0);
        return WebServer.builder()
                .host(ALL_ADDRESSES)
                .port(port)
                .shutdownHook(false)
                .shutdownGracePeriod(STOP_GRACE)
                .maxPayloadSize(largest)
                .contentEncoding(new EncodedBodies())
                .addConnectionSelector(new LingeringConnections(
                        Http1ConnectionSelector.builder().config(http1).build()))
                .directHandlers(directHandlers())
                .routing(HttpRouting.builder().any(this::serve))
                .build();
    }

    private void serve(ServerRequest request, ServerResponse response) {
        answer(request, response);
        // Helidon would wait for the client to close; some wait for us.
        if (request.headers().contains(HeaderNames.CONNECTION)
                && request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            boolean read = !request.content().hasEntity() || request.content().consumed();
            throw read ? new LingeringConnections.Finished() : new CloseConnectionException("a body was left unread");
        }
    }

    private void answer(ServerRequest request, ServerResponse response) {
        var requestId = requestIds.next();
        response.header(HeaderValues.create(REQUEST_ID, requestId));
        boolean crossOrigin = request.headers().contains(HeaderNames.ORIGIN);
        if (crossOrigin) {
            response.header(ANY_ORIGIN);
            response.header(ALL_EXPOSED);
        }
        var method = request.prologue().method().text();
        var path = request.prologue().uriPath().rawPath();
        if (crossOrigin && method.equals("OPTIONS") && request.headers().contains(REQUESTED_METHOD)) {
            preflight(request, response);
            return;
        }
        var match = router.find(method, path);
        if (match != null && match.route().target() instanceof Route.Raw raw) {
            new Patience(raw.patience()).during(() -> serveRaw(request, response, match, raw, requestId));
        } else {
            new Patience(null).during(() -> serveJson(request, response, match, method, path, requestId));
        }
    }

    private void serveRaw(
            ServerRequest request, ServerResponse response, Router.Match match, Route.Raw raw, String requestId) {
        var exchange = (RawExchange) null;
        try {
            var principal = principal(request, match.route());
            exchange = new RawExchange(request, response, match, principal, requestId, clientAddress(request));
            raw.handler().handle(exchange);
            if (!exchange.answered()) {
                throw new IllegalStateException(
                        "no answer from the handler of " + match.route().path());
            }
        } catch (RuntimeException e) {
            leaveIfBroken(e);
            if (exchange != null && exchange.answered()) {
                throw new CloseConnectionException("failed after the answer", e);
            }
            if (e instanceof BadRequest bad && bad.status() == 413) {
                refuseBody(request, response, raw.tooLarge().getBytes(StandardCharsets.UTF_8));
                return;
            }
            send(request, response, ErrorHandler.answer(e, requestId), 500);
        }
    }

    private void serveJson(
            ServerRequest request,
            ServerResponse response,
            Router.@Nullable Match match,
            String method,
            String path,
            String requestId) {
        try {
            if (match == null) {
                noRoute(request, response, method, path);
                return;
            }
            var route = match.route();
            var answer = ((Route.Json) route.target()).handler().handle(call(request, match, requestId));
            send(request, response, answer, route.status());
        } catch (RuntimeException e) {
            leaveIfBroken(e);
            if (response.isSent()) {
                throw new CloseConnectionException("failed after the answer", e);
            }
            var answer = ErrorHandler.answer(e, requestId);
            if (answer.status() == 413) {
                refuseBody(request, response, AnswerText.bytes(Objects.requireNonNull(answer.body())));
                return;
            }
            send(request, response, answer, 500);
        }
    }

    private Call call(ServerRequest request, Router.Match match, String requestId) {
        var route = match.route();
        var clientAddress = clientAddress(request);
        if (route.limited() && signInLimit != null && !signInLimit.allows(clientAddress)) {
            throw BadRequest.tooMany("Rate limit exceeded, try again later");
        }
        var principal = principal(request, route);
        checkIds(match);
        var query = QueryParams.strict(rawQuery(request));
        if (request.content().hasEntity()) {
            checkType(request);
        }
        var body = route.body() == null ? null : body(request, route);
        return new Call(principal, match, query, body, requestId, clientAddress);
    }

    /** Permission is bound to the matched route object; the text of the path is never looked at for it. */
    private Principal principal(ServerRequest request, Route route) {
        if (route.open()) {
            return Principal.nobody();
        }
        var header = request.headers().first(HeaderNames.AUTHORIZATION).orElse(null);
        var principal = header == null ? Principal.nobody() : authenticator.authenticate(bearer(header));
        if (!route.kinds().contains(principal.type())) {
            throw MillraceException.of(
                    ErrorCode.AUTHORIZATION, "The principal is not allowed for this route: " + principal.type());
        }
        return principal;
    }

    private static String bearer(String header) {
        if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw MillraceException.of(
                    ErrorCode.INVALID_BEARER_TOKEN, "The authorization header holds no bearer token");
        }
        return header.substring(7).trim();
    }

    private static void checkIds(Router.Match match) {
        for (int i = 0; i < match.names().size(); i++) {
            var name = match.names().get(i);
            var raw = match.raw().get(i);
            if (Ident.named(name)) {
                if (!Ident.valid(raw)) {
                    throw BadRequest.of("params/" + name + " must be an id of 21 characters 0-9A-Za-z");
                }
            } else if (Percent.strict(raw, false) == null) {
                throw BadRequest.of("params/" + name + " is not well-formed");
            }
        }
    }

    private static Object body(ServerRequest request, Route route) {
        var declared = Objects.requireNonNull(route.body());
        var object = JsonText.readObject(Bodies.read(request, route.maxBytes()), declared.maxDepth());
        try {
            return declared.reader().apply(object);
        } catch (IllegalArgumentException e) {
            throw BadRequest.of("body/" + e.getMessage());
        }
    }

    /** Also where no body is read: what is sent in another form must not be ignored without a word. */
    private static void checkType(ServerRequest request) {
        var type = request.headers().first(HeaderNames.CONTENT_TYPE).orElse("application/json");
        if (!isJson(type)) {
            throw BadRequest.unsupported("Unsupported Media Type: " + type);
        }
    }

    private static boolean isJson(String contentType) {
        int semicolon = contentType.indexOf(';');
        var type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .trim()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.endsWith("+json");
    }

    private void noRoute(ServerRequest request, ServerResponse response, String method, String path) {
        if (method.equals("OPTIONS")) {
            var methods = router.methods(path);
            if (!methods.isEmpty()) {
                response.header(HeaderNames.ALLOW, String.join(", ", methods));
                response.status(Status.NO_CONTENT_204).send();
                return;
            }
        }
        throw BadRequest.routeNotFound();
    }

    private static void preflight(ServerRequest request, ServerResponse response) {
        response.header(ALL_METHODS);
        response.header(PREFLIGHT_AGE);
        // A wildcard would not cover Authorization, so the asked names are given back; Helidon has checked their form.
        request.headers()
                .first(REQUESTED_HEADERS)
                .ifPresent(names -> response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, names));
        response.status(Status.NO_CONTENT_204).send();
    }

    private static void send(ServerRequest request, ServerResponse response, @Nullable Object result, int status) {
        switch (result) {
            case null ->
                response.status(status == 200 ? Status.NO_CONTENT_204 : Status.create(status))
                        .send();
            case Answer answer -> {
                answer.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
                send(request, response, answer.status(), answer.body());
            }
            default -> send(request, response, status, result);
        }
    }

    private static void send(ServerRequest request, ServerResponse response, int status, @Nullable Object body) {
        response.status(Status.create(status));
        if (body == null) {
            response.send();
            return;
        }
        byte[] bytes;
        if (body instanceof byte[] raw) {
            bytes = raw;
        } else {
            bytes = AnswerText.bytes(body);
            response.header(JSON_TYPE);
        }
        sendBytes(request, response, bytes);
    }

    /** A HEAD answer tells the length of the body that it leaves out. */
    static void sendBytes(ServerRequest request, ServerResponse response, byte[] bytes) {
        if (request.prologue().method().text().equals("HEAD")) {
            response.contentLength(bytes.length);
            response.send();
        } else {
            response.send(bytes);
        }
    }

    /** Answers 413 and ends the connection: what the client still sends is read and thrown away by the connection. */
    private static void refuseBody(ServerRequest request, ServerResponse response, byte[] json) {
        response.status(Status.REQUEST_ENTITY_TOO_LARGE_413);
        response.header(JSON_TYPE);
        response.header(HeaderValues.CONNECTION_CLOSE);
        sendBytes(request, response, json);
        throw new CloseConnectionException("the body is over the route's limit");
    }

    private String clientAddress(ServerRequest request) {
        if (clientAddressHeader != null) {
            var named = request.headers().first(clientAddressHeader);
            if (named.isPresent()) {
                return named.get();
            }
        }
        return request.remotePeer().host();
    }

    static String rawQuery(ServerRequest request) {
        var query = request.prologue().query();
        return query.isEmpty() ? "" : query.rawValue();
    }

    /** A connection that is gone is nobody's error: no answer, no line in the log. */
    private static void leaveIfBroken(RuntimeException thrown) {
        if (thrown instanceof CloseConnectionException broken) {
            throw broken;
        }
    }

    /** What Helidon answers by itself (malformed request lines, headers, framing, 413) gets our bodies. */
    private DirectHandlers directHandlers() {
        var builder = DirectHandlers.builder();
        for (var type : DirectHandler.EventType.values()) {
            builder.addHandler(type, this::direct);
        }
        return builder.build();
    }

    private DirectHandler.TransportResponse direct(
            DirectHandler.TransportRequest request,
            DirectHandler.EventType type,
            Status given,
            ServerResponseHeaders headers,
            String message) {
        // Helidon calls a method that is no token an error of its own. No request is known: it was not read to its end.
        var status = type == DirectHandler.EventType.INTERNAL_ERROR
                        && request.method().isEmpty()
                ? Status.BAD_REQUEST_400
                : given;
        headers.set(REQUEST_ID, requestIds.next());
        headers.set(JSON_TYPE);
        headers.set(HeaderValues.CONNECTION_CLOSE);
        return DirectHandler.TransportResponse.builder()
                .status(status)
                .headers(headers)
                .entity(directBody(request, status))
                .keepAlive(false)
                .build();
    }

    private byte[] directBody(DirectHandler.TransportRequest request, Status status) {
        if (status.code() == 413) {
            var target = request.path();
            int query = target.indexOf('?');
            var match = router.find(request.method(), query < 0 ? target : target.substring(0, query));
            if (match != null && match.route().target() instanceof Route.Raw raw) {
                return raw.tooLarge().getBytes(StandardCharsets.UTF_8);
            }
        }
        var message = switch (status.code()) {
            case 413 -> "Request body is too large";
            case 414 -> "Request target is too long";
            case 500 -> "Internal Server Error";
            default -> "The request is not well-formed HTTP";
        };
        var answer = ErrorHandler.framework(status.code(), status.reasonPhrase(), message);
        return AnswerText.bytes(Objects.requireNonNull(answer.body()));
    }
}
