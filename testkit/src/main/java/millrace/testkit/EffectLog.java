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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import millrace.engine.Json;

/** The world that flows change: it keeps each effect, in order of arrival, in memory and in a file that only grows. */
final class EffectLog implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BufferedWriter file;
    private final List<Effect> effects = new ArrayList<>();

    /** @param number of the webhook, @param step the first or second of its run */
    record Effect(int number, int step, String key) {}

    private EffectLog(HttpServer server, BufferedWriter file) {
        this.server = server;
        this.file = file;
    }

    static EffectLog start(Path file) {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
            var log = new EffectLog(server, Files.newBufferedWriter(file));
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

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = Json.read(exchange.getRequestBody().readAllBytes());
            var key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
            keep(new Effect(body.path("number").asInt(-1), body.path("step").asInt(-1), String.valueOf(key)));
            var answer =
                    Json.bytes(Json.object().put("number", body.path("number").asInt()));
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private synchronized void keep(Effect effect) throws IOException {
        effects.add(effect);
        file.write(effect.number() + " " + effect.step() + " " + effect.key() + "\n");
        file.flush();
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
