package millrace.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import millrace.access.Principal;
import org.jspecify.annotations.Nullable;

/** An exchange over Helidon's request and response; no copies beyond the body's own bytes. */
final class RawExchange implements Exchange {
    private static final byte[] NONE = {};

    /** They belong to the connection, not to the answer. */
    private static final Set<String> CONNECTION_HEADERS = Set.of(
            "connection",
            "content-length",
            "keep-alive",
            "proxy-authenticate",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final ServerRequest request;
    private final ServerResponse response;
    private final Router.Match match;
    private final Principal principal;
    private final String requestId;
    private final String clientAddress;
    private byte @Nullable [] body;
    private boolean answered;

    RawExchange(
            ServerRequest request,
            ServerResponse response,
            Router.Match match,
            Principal principal,
            String requestId,
            String clientAddress) {
        this.request = request;
        this.response = response;
        this.match = match;
        this.principal = principal;
        this.requestId = requestId;
        this.clientAddress = clientAddress;
    }

    @Override
    public String method() {
        return request.prologue().method().text();
    }

    @Override
    public String path(String name) {
        return match.value(name);
    }

    @Override
    public String rawPath() {
        return request.prologue().uriPath().rawPath();
    }

    @Override
    public String rawQuery() {
        return HttpServer.rawQuery(request);
    }

    @Override
    public Map<String, String> headers() {
        var headers = new LinkedHashMap<String, String>();
        for (var header : request.headers()) {
            headers.put(
                    header.headerName().lowerCase(),
                    header.valueCount() == 1 ? header.get() : String.join(", ", header.allValues()));
        }
        return headers;
    }

    @Override
    public @Nullable String header(String name) {
        return request.headers().first(HeaderNames.create(name)).orElse(null);
    }

    @Override
    public byte[] body() {
        if (body == null) {
            body = Bodies.read(request, match.route().maxBytes());
        }
        return body;
    }

    @Override
    public Principal principal() {
        return principal;
    }

    @Override
    public String requestId() {
        return requestId;
    }

    @Override
    public String clientAddress() {
        return clientAddress;
    }

    @Override
    public void answer(int status, Map<String, String> headers, byte[] bytes) {
        if (answered) {
            throw new IllegalStateException("answered twice: " + match.route().path());
        }
        headers.forEach(this::addHeader);
        response.status(Status.create(status));
        answered = true;
        boolean bodiless = status == 204 || status == 205 || status == 304;
        HttpServer.sendBytes(request, response, bodiless ? NONE : bytes);
    }

    @Override
    public void stream(EventSink.Telling telling) {
        if (answered) {
            throw new IllegalStateException("answered twice: " + match.route().path());
        }
        answered = true;
        response.status(Status.OK_200);
        response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        // Proxies would gather what is to be seen at once.
        response.header(HeaderNames.create("x-accel-buffering"), "no");
        try (var out = response.outputStream()) {
            telling.tell(new Events(out));
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        } catch (IOException | UncheckedIOException gone) {
            throw new CloseConnectionException("the reader of a stream is gone", gone);
        }
    }

    private record Events(OutputStream out) implements EventSink {
        @Override
        public void event(String id, String name, Object data) {
            var text = new String(AnswerText.bytes(data), StandardCharsets.UTF_8);
            write("id: " + id + "\nevent: " + name + "\ndata: " + text + "\n\n");
        }

        @Override
        public void comment(String text) {
            write(": " + text + "\n\n");
        }

        private void write(String text) {
            try {
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    boolean answered() {
        return answered;
    }

    private void addHeader(String name, String value) {
        if (isToken(name) && isText(value) && !CONNECTION_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
            response.header(HeaderNames.create(name), value);
        }
    }

    /** RFC 9110 §5.6.2. */
    private static boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letterOrDigit && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    /** Visible characters, blanks and tabs: no line break can end the header. */
    private static boolean isText(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' && c != '\t' || c == 0x7f) {
                return false;
            }
        }
        return true;
    }
}
