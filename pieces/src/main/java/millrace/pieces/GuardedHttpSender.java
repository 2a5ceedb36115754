package millrace.pieces;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.HttpSender;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of native pieces. Built on Apache's client and not on {@code java.net.http}, which resolves a name
 * by itself and has no place to look at the address it then connects to: checking before would leave the name time to
 * change (DNS rebinding), and the JDK's resolver SPI would bind the database's connections too. Here the connection
 * manager asks {@link Resolver} and connects to exactly what it answers; redirects are followed by hand and go the same
 * way.
 */
public final class GuardedHttpSender implements HttpSender, AutoCloseable {
    private static final int MAX_REDIRECTS = 20;
    private static final int MAX_CONNECTIONS = 1_024;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern FIELD_VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

    /** The client's own business; what a user sets here would break the framing of the request. */
    private static final Set<String> FRAMING = Set.of(
            "connection",
            "content-length",
            "expect",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Not carried to another origin by a redirect. */
    private static final Set<String> PRIVATE = Set.of("authorization", "cookie", "host");

    private final AddressGuard guard;
    private final long maxAnswerBytes;
    private final ReentrantLock opening = new ReentrantLock();
    private volatile @Nullable CloseableHttpClient client;

    /** @param maxAnswerBytes of the body, after decompression; a longer answer counts as none */
    public GuardedHttpSender(AddressGuard guard, long maxAnswerBytes) {
        this.guard = guard;
        this.maxAnswerBytes = maxAnswerBytes;
    }

    /** Opened with the first request: reading the JDK's certificates would hold up every start. */
    private CloseableHttpClient client() {
        if (client instanceof CloseableHttpClient opened) {
            return opened;
        }
        opening.lock();
        try {
            var opened = client == null ? open() : client;
            client = opened;
            return opened;
        } finally {
            opening.unlock();
        }
    }

    private CloseableHttpClient open() {
        var connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(new Resolver(guard))
                .setMaxConnTotal(MAX_CONNECTIONS)
                .setMaxConnPerRoute(MAX_CONNECTIONS / 4)
                .setDefaultSocketConfig(
                        SocketConfig.custom().setTcpNoDelay(true).build())
                // Shorter than the 5 s after which Node servers close an idle connection.
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setIdleTimeout(Timeout.ofSeconds(4))
                        .setValidateAfterInactivity(Timeout.ofMilliseconds(200))
                        .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                        .build())
                .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                        .charCodingConfig(CharCodingConfig.custom()
                                .setCharset(StandardCharsets.ISO_8859_1)
                                .build())
                        .build())
                .build();
        return HttpClients.custom()
                .setConnectionManager(connections)
                .setUserAgent("Millrace")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .build();
    }

    @Override
    public HttpOutcome send(HttpCall call) {
        var deadline = System.nanoTime() + call.timeout().toNanos();
        try {
            var hop = Hop.first(call);
            for (var redirects = 0; ; redirects++) {
                var answer = exchange(hop, deadline);
                var location = call.followRedirects() ? location(answer) : null;
                if (location == null) {
                    return answer;
                }
                if (redirects == MAX_REDIRECTS) {
                    return new HttpOutcome.Unanswered("more than " + MAX_REDIRECTS + " redirects");
                }
                hop = hop.next(answer.status(), location);
            }
        } catch (BlockedAddress blocked) {
            return new HttpOutcome.Blocked(blocked.getMessage());
        } catch (UnknownHostException unknown) {
            return new HttpOutcome.Unanswered("unknown host " + unknown.getMessage());
        } catch (IOException lost) {
            return new HttpOutcome.Unanswered(timedOut(deadline) ? tooLong(call) : reason(lost));
        } catch (CancellationException stopped) {
            // While it waited for a connection: by the watch, or because the sender is closed with the server.
            if (timedOut(deadline)) {
                return new HttpOutcome.Unanswered(tooLong(call));
            }
            Thread.currentThread().interrupt();
            return new HttpOutcome.Unanswered("the server stops");
        } catch (IllegalArgumentException invalid) {
            return new HttpOutcome.Invalid(String.valueOf(invalid.getMessage()));
        }
    }

    private static boolean timedOut(long deadline) {
        return System.nanoTime() - deadline >= 0;
    }

    private static String tooLong(HttpCall call) {
        return "timeout of " + call.timeout().toMillis() + " ms exceeded";
    }

    @Override
    public void close() {
        if (client instanceof CloseableHttpClient opened) {
            opened.close(CloseMode.IMMEDIATE);
        }
    }

    private HttpOutcome.Answered exchange(Hop hop, long deadline) throws IOException {
        var left = Duration.ofNanos(deadline - System.nanoTime());
        if (left.isNegative() || left.isZero()) {
            throw new InterruptedIOException("timeout");
        }
        var request = hop.request();
        request.setConfig(RequestConfig.custom()
                .setProtocolUpgradeEnabled(false)
                .setConnectionRequestTimeout(Timeout.of(left))
                .setResponseTimeout(Timeout.of(left))
                .build());
        // The client's own timeouts are for one read each; an answer that drips must end too.
        var answered = new AtomicBoolean();
        var watch = Thread.ofVirtual().name("http-deadline").start(() -> abortAfter(left, request, answered));
        try {
            return client().execute(request, response -> answered(response, request));
        } finally {
            answered.set(true);
            watch.interrupt();
        }
    }

    private static void abortAfter(Duration left, HttpUriRequestBase request, AtomicBoolean answered) {
        try {
            Thread.sleep(left);
            if (!answered.get()) {
                request.abort();
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpOutcome.Answered answered(ClassicHttpResponse response, HttpUriRequestBase request) throws IOException {
        var headers = Arrays.stream(response.getHeaders())
                .map(header ->
                        new HttpCall.Header(header.getName(), header.getValue() == null ? "" : header.getValue()))
                .toList();
        return new HttpOutcome.Answered(response.getCode(), headers, body(response, request));
    }

    private byte[] body(ClassicHttpResponse response, HttpUriRequestBase request) throws IOException {
        var entity = response.getEntity();
        if (entity == null) {
            return new byte[0];
        }
        // Not closed on success either: the client closes it, and closing early would read the rest.
        var content = entity.getContent();
        var bytes = new ByteArrayOutputStream();
        var buffer = new byte[16 * 1024];
        for (var read = content.read(buffer); read >= 0; read = content.read(buffer)) {
            if (bytes.size() + read > maxAnswerBytes) {
                request.abort();
                throw new IOException("the answer is larger than " + maxAnswerBytes + " bytes");
            }
            bytes.write(buffer, 0, read);
        }
        return bytes.toByteArray();
    }

    private static @Nullable String location(HttpOutcome.Answered answer) {
        return switch (answer.status()) {
            case 301, 302, 303, 307, 308 ->
                answer.headers().stream()
                        .filter(header -> header.name().equalsIgnoreCase("location"))
                        .map(HttpCall.Header::value)
                        .findFirst()
                        .orElse(null);
            default -> null;
        };
    }

    private static String reason(IOException lost) {
        var message = lost.getMessage();
        return message == null ? lost.getClass().getSimpleName() : message;
    }

    /** One request of a chain of redirects. */
    private record Hop(String method, WebUrl url, List<HttpCall.Header> headers, HttpCall.@Nullable Content body) {
        static Hop first(HttpCall call) {
            if (!TOKEN.matcher(call.method()).matches()) {
                throw new IllegalArgumentException("Invalid method: " + call.method());
            }
            var headers = new ArrayList<HttpCall.Header>();
            for (var header : call.headers()) {
                if (!TOKEN.matcher(header.name()).matches()) {
                    throw new IllegalArgumentException("Invalid header name: " + header.name());
                }
                if (!FIELD_VALUE.matcher(header.value()).matches()) {
                    throw new IllegalArgumentException("Invalid character in the value of header " + header.name());
                }
                if (!FRAMING.contains(lower(header))) {
                    headers.add(header);
                }
            }
            var url = WebUrl.of(call.url());
            if (url.userInfo() != null
                    && headers.stream().noneMatch(header -> lower(header).equals("authorization"))) {
                var credentials = url.userInfo().contains(":") ? url.userInfo() : url.userInfo() + ":";
                headers.add(new HttpCall.Header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8))));
            }
            return new Hop(call.method(), url, headers, call.body());
        }

        /** A redirected POST becomes a GET, as browsers do it; 307 and 308 repeat the request. */
        Hop next(int status, String location) {
            var target = url.resolve(location);
            var asGet = (status == 303 && !method.equals("HEAD")) || (status < 303 && method.equals("POST"));
            var elsewhere = !target.origin().equals(url.origin());
            var kept = headers.stream()
                    .filter(header -> !(asGet && lower(header).startsWith("content-")))
                    .filter(header -> !(elsewhere && PRIVATE.contains(lower(header))))
                    .toList();
            return new Hop(asGet ? "GET" : method, target, kept, asGet ? null : body);
        }

        HttpUriRequestBase request() {
            var request = new HttpUriRequestBase(method, url.uri());
            headers.forEach(header -> request.addHeader(header.name(), header.value()));
            if (body != null) {
                // The content type is among the headers.
                request.setEntity(new ByteArrayEntity(body.bytes(), null));
            }
            return request;
        }

        private static String lower(HttpCall.Header header) {
            return header.name().toLowerCase(Locale.ROOT);
        }
    }

    /** Answers only addresses that may be connected to; the connection manager connects to no other. */
    private record Resolver(AddressGuard guard) implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            var allowed = new ArrayList<InetAddress>();
            var refusals = new ArrayList<String>();
            for (var address : InetAddress.getAllByName(host)) {
                var refusal = guard.refusal(address);
                if (refusal == null) {
                    allowed.add(address);
                } else {
                    refusals.add(refusal);
                }
            }
            if (allowed.isEmpty()) {
                throw new BlockedAddress("Request to " + host + " is blocked: " + refusals.getFirst());
            }
            return allowed.toArray(InetAddress[]::new);
        }

        @Override
        public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
            return Arrays.stream(resolve(host))
                    .map(address -> new InetSocketAddress(address, port))
                    .toList();
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    private static final class BlockedAddress extends UnknownHostException {
        private static final long serialVersionUID = 1;
        private final String reason;

        BlockedAddress(String reason) {
            super(reason);
            this.reason = reason;
        }

        @Override
        public String getMessage() {
            return reason;
        }
    }
}
