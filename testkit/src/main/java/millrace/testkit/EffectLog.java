package millrace.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import millrace.engine.Json;

/**
 * The world that flows change: it keeps each effect, in order of arrival, in memory and in a file that only grows, and
 * answers each with a number of its own. Now and then it takes its time, so that calls are under way when faults come.
 */
final class EffectLog implements AutoCloseable {
    private static final int SLOW_ONE_IN = 4;
    private static final int SLOWEST_MILLIS = 600;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BufferedWriter file;
    private final Consumer<String> links;
    private final List<Effect> effects = new ArrayList<>();
    private final Set<String> keys = new HashSet<>();
    private volatile int repeated;

    /**
     * @param number of the webhook
     * @param step its place among the effects of the webhook, from 1
     * @param saw the answer of the effect before it; 0 for the first
     * @param answer the number that this one was answered with
     */
    record Effect(int number, int step, String key, int saw, int answer) {}

    private EffectLog(HttpServer server, BufferedWriter file, Consumer<String> links) {
        this.server = server;
        this.file = file;
        this.links = links;
    }

    /** @param links told what a flow sends as {@code link} */
    static EffectLog start(Path file, Consumer<String> links) {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
            var log = new EffectLog(server, Files.newBufferedWriter(file), links);
            server.createContext("/", log::take);
            server.setExecutor(log.threads);
            server.start();
            return log;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/effect";
    }

    synchronized List<Effect> effects() {
        return List.copyOf(effects);
    }

    /** How many effects had a key that was there before. */
    int repeated() {
        return repeated;
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = Json.read(exchange.getRequestBody().readAllBytes());
            var key = String.valueOf(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
            var number = body.path("number").asInt(-1);
            var answer = keep(
                    number, body.path("step").asInt(-1), key, body.path("saw").asInt());
            if (body.path("link").isTextual()) {
                links.accept(body.path("link").asText());
            }
            if (answer % SLOW_ONE_IN == 0) {
                LockSupport.parkNanos((answer * 7919L % SLOWEST_MILLIS) * 1_000_000);
            }
            var bytes = Json.bytes(Json.object().put("number", number).put("answer", answer));
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private synchronized int keep(int number, int step, String key, int saw) throws IOException {
        var effect = new Effect(number, step, key, saw, effects.size() + 1);
        effects.add(effect);
        if (!keys.add(key)) {
            repeated = repeated + 1;
        }
        file.write(number + " " + step + " " + key + " " + saw + " " + effect.answer() + "\n");
        file.flush();
        return effect.answer();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
