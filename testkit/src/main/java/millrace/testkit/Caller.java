package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/** A third party that posts to a server which may be gone. */
final class Caller implements AutoCloseable {
    /** No status: the connection was refused or broke before an answer. */
    static final int BROKEN = -1;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;

    private Caller(String base) {
        this.base = base;
    }

    static Caller to(String base) {
        return new Caller(base);
    }

    /** Answers the status, or {@link #BROKEN}. */
    int post(String path, JsonNode body) {
        return post(path, body, BodyHandlers.discarding());
    }

    /** Answers the body of a 200; null for every other end. */
    @Nullable
    String postForBody(String path, JsonNode body) {
        var answer = new java.util.concurrent.atomic.AtomicReference<@Nullable String>();
        var status = post(
                path,
                body,
                head -> java.net.http.HttpResponse.BodySubscribers.mapping(
                        java.net.http.HttpResponse.BodySubscribers.ofString(java.nio.charset.StandardCharsets.UTF_8),
                        text -> {
                            answer.set(text);
                            return text;
                        }));
        return status == 200 ? answer.get() : null;
    }

    private int post(String path, JsonNode body, java.net.http.HttpResponse.BodyHandler<?> handler) {
        var request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Client.DEADLINE)
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(Json.bytes(body)))
                .build();
        try {
            return http.send(request, handler).statusCode();
        } catch (IOException e) {
            return BROKEN;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return BROKEN;
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
