package millrace.pieces;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import millrace.engine.Json;

/** A small working server on loopback: answers what it got, or what the path asks for. */
final class EchoServer implements AutoCloseable {
    private final HttpServer server;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final List<ObjectNode> requests = new CopyOnWriteArrayList<>();

    EchoServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url(String path) {
        return "http://127.0.0.1:" + port() + path;
    }

    /** What arrived: {@code {method, uri, headers, body}}. */
    List<ObjectNode> requests() {
        return requests;
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        var request = Json.object()
                .put("method", exchange.getRequestMethod())
                .put("uri", exchange.getRequestURI().toASCIIString());
        var headers = request.putObject("headers");
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        request.put("body", new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        requests.add(request);
        var path = exchange.getRequestURI().getPath().split("/");
        switch (path.length < 2 ? "" : path[1]) {
            case "status" ->
                send(exchange, Integer.parseInt(path[2]), "{\"why\":\"asked\"}".getBytes(StandardCharsets.UTF_8));
            case "text" -> send(exchange, 200, "plain text".getBytes(StandardCharsets.UTF_8));
            case "bytes" -> send(exchange, 200, new byte[] {0, 1, (byte) 0xff});
            case "cookies" -> {
                exchange.getResponseHeaders().add("Set-Cookie", "a=1");
                exchange.getResponseHeaders().add("Set-Cookie", "b=2");
                send(exchange, 200, new byte[0]);
            }
            case "redirect" -> {
                exchange.getResponseHeaders()
                        .set("Location", exchange.getRequestURI().getQuery());
                send(exchange, Integer.parseInt(path[2]), new byte[0]);
            }
            case "zeros" -> zeros(exchange);
            case "drip" -> drip(exchange);
            default -> send(exchange, 200, Json.bytes(request));
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            var none = body.length == 0 || exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, none ? -1 : body.length);
            if (!none) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    /** Ten megabytes in ten kilobytes. */
    private static void zeros(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            exchange.sendResponseHeaders(200, 0);
            try (var zip = new GZIPOutputStream(exchange.getResponseBody())) {
                zip.write(new byte[10 * 1024 * 1024]);
            }
        }
    }

    /** A first byte, and nothing more until the server is closed. */
    private void drip(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
