package millrace.testkit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import millrace.engine.Json;

/**
 * The outside world: answers each request with {@code {method, path, headers, body}} of what it was asked, and keeps
 * it. {@code /status/404} answers with that status; {@link #answers} gives a path one that changes, {@link #holds} none
 * at all.
 */
public final class EchoServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CopyOnWriteArrayList<ObjectNode> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Integer> statuses = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private EchoServer(HttpServer server) {
        this.server = server;
    }

    public static EchoServer start() {
        try {
            var echo = new EchoServer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            echo.server.createContext("/", echo::answer);
            echo.server.setExecutor(echo.threads);
            echo.server.start();
            return echo;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** All requests so far, in the order of their arrival. */
    public List<ObjectNode> requests() {
        return List.copyOf(requests);
    }

    /** From now on requests of the path are answered with this status. */
    public void answers(String path, int status) {
        statuses.put(path, status);
    }

    /** Requests of the path are not answered; returns what opens when the first arrives. */
    public CountDownLatch holds(String path) {
        return held.computeIfAbsent(path, p -> new CountDownLatch(1));
    }

    /** Requests of the path that come from now on are answered; those that are held stay so. */
    public void answersAgain(String path) {
        held.remove(path);
    }

    /** Requests of the path that are held are answered now. */
    public void release(String path) {
        gate(path).countDown();
    }

    private CountDownLatch gate(String path) {
        return gates.computeIfAbsent(path, p -> new CountDownLatch(1));
    }

    /** How many requests of the path have arrived. */
    public long count(String path) {
        return requests.stream()
                .filter(request -> request.path("path").asText().equals(path))
                .count();
    }

    @Override
    public void close() {
        closed = true;
        gates.values().forEach(CountDownLatch::countDown);
        server.stop(0);
        threads.close();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().toString();
            var request =
                    Json.object().put("method", exchange.getRequestMethod()).put("path", path);
            var headers = request.putObject("headers");
            exchange.getRequestHeaders()
                    .forEach((name, values) ->
                            headers.put(name.toLowerCase(java.util.Locale.ROOT), String.join(", ", values)));
            request.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            requests.add(request);
            if (held.get(path) instanceof CountDownLatch reached) {
                reached.countDown();
                await(gate(path));
                if (closed) {
                    return;
                }
            }
            var fixed = path.startsWith("/status/") ? Integer.parseInt(path.substring("/status/".length())) : 200;
            var status = statuses.getOrDefault(path, fixed);
            var body = Json.bytes(request);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
