package millrace.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A closed loop of clients on loopback: each sends its next request when the answer to the last one is there. One
 * thread and one selector serve all of them, since the load shares its cores with the server that it measures.
 */
final class HttpLoad {
    private static final int BUFFER_BYTES = 16 * 1024;
    private static final Duration LONGEST = Duration.ofHours(2);

    private final int port;
    private final Supplier<byte @Nullable []> requests;
    private final @Nullable String expectedBody;

    /** What one measurement saw; a wrong status, a wrong body and a broken connection are errors. */
    record Result(int clients, Duration time, Latencies latencies, int errors, String firstError) {
        double perSecond() {
            return latencies.size() / (time.toNanos() / 1e9);
        }
    }

    /** The same call again and again. */
    HttpLoad(int port, String path, String body, String expectedBody) {
        this.port = port;
        this.expectedBody = expectedBody;
        var request = request(port, path, body);
        this.requests = () -> request;
    }

    /** One call of each of these paths, whatever the body of the answer. */
    HttpLoad(int port, List<String> paths, String body) {
        this.port = port;
        this.expectedBody = null;
        var next = paths.iterator();
        this.requests = () -> next.hasNext() ? request(port, next.next(), body) : null;
    }

    private static byte[] request(int port, String path, String body) {
        return ("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port
                        + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8);
    }

    Result run(int clients, Duration time) throws IOException {
        return run(clients, time, Integer.MAX_VALUE);
    }

    /** So many calls in all, or as many as there are. */
    Result run(int clients, int calls) throws IOException {
        return run(Math.min(clients, calls), LONGEST, calls);
    }

    private Result run(int clients, Duration time, int calls) throws IOException {
        var began = System.nanoTime();
        try (var selector = Selector.open()) {
            var run = new Run(selector, time, calls);
            for (var i = 0; i < clients; i++) {
                run.connect();
            }
            run.untilTheEnd();
            return new Result(
                    clients, Duration.ofNanos(System.nanoTime() - began), run.latencies, run.errors, run.firstError);
        }
    }

    private static final class Connection {
        final ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
        ByteBuffer out = ByteBuffer.allocate(0);
        long sent;
    }

    private final class Run {
        final Latencies latencies = new Latencies();
        final Selector selector;
        final long end;
        int errors;
        int open;
        String firstError = "";

        int left;

        Run(Selector selector, Duration time, int calls) {
            this.selector = selector;
            this.left = calls;
            this.end = System.nanoTime() + time.toNanos();
        }

        void connect() throws IOException {
            var channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            var connection = new Connection();
            var key = channel.register(selector, SelectionKey.OP_READ, connection);
            open++;
            send(key, connection);
        }

        void untilTheEnd() throws IOException {
            while (open > 0 && System.nanoTime() < end) {
                selector.select(this::serve, 100);
            }
            for (var key : selector.keys()) {
                key.channel().close();
            }
        }

        private void serve(SelectionKey key) {
            var connection = (Connection) key.attachment();
            try {
                if (key.isWritable()) {
                    flush(key, connection);
                    return;
                }
                if (((SocketChannel) key.channel()).read(connection.in) < 0) {
                    throw new IOException("the server closed a connection");
                }
                var answer = answer(connection.in);
                if (answer != null) {
                    latencies.add(System.nanoTime() - connection.sent);
                    if (expectedBody == null ? !answer.startsWith("200 ") : !answer.equals("200 " + expectedBody)) {
                        fault("answered " + answer);
                    }
                    connection.in.clear();
                    send(key, connection);
                }
            } catch (IOException e) {
                fault(String.valueOf(e.getMessage()));
                key.cancel();
                open--;
            }
        }

        private void send(SelectionKey key, Connection connection) throws IOException {
            var request = left-- > 0 ? requests.get() : null;
            if (request == null) {
                key.channel().close();
                open--;
                return;
            }
            connection.out = ByteBuffer.wrap(request);
            connection.sent = System.nanoTime();
            flush(key, connection);
        }

        private void flush(SelectionKey key, Connection connection) throws IOException {
            ((SocketChannel) key.channel()).write(connection.out);
            key.interestOps(connection.out.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        private void fault(String what) {
            if (errors++ == 0) {
                firstError = what;
            }
        }
    }

    /** Status and body once the answer is complete, else null. Knows Content-Length and chunks, as far as it needs. */
    private static @Nullable String answer(ByteBuffer in) throws IOException {
        var text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
        var headEnd = text.indexOf("\r\n\r\n");
        if (headEnd < 0) {
            return null;
        }
        var head = text.substring(0, headEnd).toLowerCase(Locale.ROOT);
        var status = head.substring(9, 12);
        var body = text.substring(headEnd + 4);
        var length = head.indexOf("\r\ncontent-length:");
        if (length >= 0) {
            var from = length + "\r\ncontent-length:".length();
            var lineEnd = head.indexOf("\r\n", from);
            var bytes = Integer.parseInt(
                    head.substring(from, lineEnd < 0 ? head.length() : lineEnd).strip());
            return body.length() < bytes ? null : status + " " + body;
        }
        if (head.contains("\r\ntransfer-encoding: chunked")) {
            if (!body.endsWith("0\r\n\r\n")) {
                return null;
            }
            var first = body.indexOf("\r\n") + 2;
            var size = Integer.parseInt(body.substring(0, first - 2), 16);
            return status + " " + body.substring(first, first + size);
        }
        if (status.equals("204")) {
            return status + " ";
        }
        throw new IOException("an answer without a length: " + head);
    }
}
