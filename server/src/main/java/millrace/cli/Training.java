package millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import millrace.Millrace;
import millrace.config.Settings;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/**
 * Starts a server in a folder of its own, lets it serve the flow of four steps, and ends, so that the JVM can record
 * which classes and profiles a start needs (JEP 514, JEP 515).
 */
@Command(name = "train", hidden = true)
final class Training implements Callable<Integer> {
    /** Enough for the JVM to see which methods are hot; more trains longer for nothing. */
    private static final int CALLS = 400;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws IOException, InterruptedException {
        endAtTheLatest();
        var directory = Files.createTempDirectory("millrace-train-");
        try (var server = Millrace.start(settings(directory));
                var client = HttpClient.newHttpClient()) {
            serveFirstFlow(client, "http://127.0.0.1:" + server.port() + "/api/v1");
        } finally {
            delete(directory);
        }
        return 0;
    }

    private Settings settings(Path directory) {
        return main.settings(
                Map.of("AP_PORT", "0", "AP_LOG_LEVEL", "warn", "AP_DB_TYPE", "SQLITE3", "AP_ENVIRONMENT", "test"),
                directory);
    }

    private static void serveFirstFlow(HttpClient client, String api) throws IOException, InterruptedException {
        send(client, api + "/flags", null, null);
        var owner = send(client, api + "/authentication/sign-up", null, """
                {"email": "train@millrace.test", "password": "train-the-cache-1", "firstName": "Train",
                 "lastName": "Run", "trackEvents": false, "newsLetter": false}""");
        var token = owner.path("token").textValue();
        var project = owner.path("projectId").textValue();
        var flow = send(
                client,
                api + "/flows",
                token,
                Json.text(Json.object().put("displayName", "Training").put("projectId", project)));
        var one = api + "/flows/" + flow.path("id").textValue();
        send(client, one, token, firstFlow());
        send(client, one, token, """
                {"type": "LOCK_AND_PUBLISH", "request": {"status": "ENABLED"}}""");
        var webhook = api + "/webhooks/" + flow.path("id").textValue();
        for (var i = 0; i < CALLS; i++) {
            send(client, webhook + "/sync", null, "{\"number\": " + i + "}");
        }
        send(client, webhook, null, "{}");
        send(client, api + "/flow-runs?limit=10&projectId=" + project, token, null);
    }

    private static String firstFlow() throws IOException {
        try (var in = Training.class.getResourceAsStream("first-flow.json")) {
            if (in == null) {
                throw new IllegalStateException("first-flow.json is not in the jar");
            }
            return Json.text(Json.read(in.readAllBytes()));
        }
    }

    /** POST with a body, GET without; every answer must be a success. */
    private static JsonNode send(HttpClient client, String url, @Nullable String token, @Nullable String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT);
        if (body != null) {
            request.header("content-type", "application/json").POST(BodyPublishers.ofString(body));
        }
        if (token != null) {
            request.header("authorization", "Bearer " + token);
        }
        var answer = client.send(request.build(), BodyHandlers.ofByteArray());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(url + " answered " + answer.statusCode());
        }
        return answer.body().length == 0 ? Json.object() : Json.read(answer.body());
    }

    /** A server that hangs must not hang the start that waits for this training. */
    private static void endAtTheLatest() {
        Thread.ofPlatform().daemon().name("training limit").start(() -> {
            try {
                TimeUnit.SECONDS.sleep(LIMIT.toSeconds());
                Runtime.getRuntime().halt(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
