package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/** A signed-in user of one server, by the HTTP API alone. Any number of threads may use it. */
public final class Client implements AutoCloseable {
    /** Ends a test that hangs; no test waits for it. */
    public static final Duration DEADLINE = Duration.ofSeconds(60);

    private static final Duration PAUSE = Duration.ofMillis(20);
    private static final String EMAIL = "owner@millrace.test";
    private static final String PASSWORD = "Correct-horse-9";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;
    private final String token;
    private final String projectId;

    private Client(String base, String email) {
        this.base = base;
        var account = Json.object()
                .put("email", email)
                .put("password", PASSWORD)
                .put("firstName", "Ada")
                .put("lastName", "Owner")
                .put("trackEvents", false)
                .put("newsLetter", false);
        var session = send("POST", "/authentication/sign-up", account, null);
        if (session.status() >= 300) {
            session = send("POST", "/authentication/sign-in", account, null);
        }
        var signedIn = session.success();
        this.token = signedIn.path("token").asText();
        this.projectId = signedIn.path("projectId").asText();
    }

    /** The owner of the server at this address, as {@code http://127.0.0.1:8080}; signs up where nobody has. */
    public static Client owner(String base) {
        return new Client(base, EMAIL);
    }

    /** Another user of that server, who has the owner's password. */
    public static Client user(String base, String email) {
        return new Client(base, email);
    }

    public String projectId() {
        return projectId;
    }

    /** What the header {@code authorization} holds after {@code Bearer}. */
    public String token() {
        return token;
    }

    public Answer get(String path) {
        return send("GET", path, null, token);
    }

    public Answer post(String path, JsonNode body) {
        return send("POST", path, body, token);
    }

    /** Creates, imports, publishes and enables; answers the flow's id. */
    public String publish(FlowBuilder flow) {
        var created = post(
                        "/flows",
                        Json.object().put("displayName", flow.displayName()).put("projectId", projectId))
                .success();
        var id = created.path("id").asText();
        post("/flows/" + id, flow.importOperation()).success();
        var publish = Json.object().put("type", "LOCK_AND_PUBLISH");
        publish.putObject("request").put("status", "ENABLED");
        var published = post("/flows/" + id, publish).success();
        if (!published.path("status").asText().equals("ENABLED")) {
            throw new AssertionError("not enabled after publishing: " + published);
        }
        return id;
    }

    /** Calls the flow's webhook and waits for its answer. */
    public Answer sync(String flowId, JsonNode body) {
        return send("POST", "/webhooks/" + flowId + "/sync", body, null);
    }

    /** Calls the flow's webhook, which answers as soon as the run is accepted. */
    public Answer webhook(String flowId, JsonNode body) {
        return send("POST", "/webhooks/" + flowId, body, null);
    }

    /** The run with its steps. */
    public JsonNode run(String runId) {
        return get("/flow-runs/" + runId).success();
    }

    /** The run with its steps, once it has ended. */
    public JsonNode awaitEnd(String runId) {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        var run = run(runId);
        while (!terminal(run)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("after " + DEADLINE + " the run has not ended: " + run);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            run = run(runId);
        }
        return run;
    }

    /** A bulk action over these runs: {@code retry}, {@code cancel} or {@code archive}. */
    public Answer bulk(String action, ObjectNode selection) {
        return post("/flow-runs/" + action, selection.put("projectId", projectId));
    }

    /** The flow's only run, once it is in this status. */
    public JsonNode awaitOnlyRun(String flowId, RunStatus status) {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            var runs = runs(flowId);
            if (runs.size() == 1 && runs.getFirst().path("status").asText().equals(status.name())) {
                return runs.getFirst();
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no run that is " + status + ": " + runs);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** All runs of the flow, newest first, without their steps. */
    public List<JsonNode> runs(String flowId) {
        return listed(flowId, "");
    }

    /** The runs of which a call may have happened unseen. */
    public List<JsonNode> runsInDoubt(String flowId) {
        return listed(flowId, "&inDoubt=true");
    }

    private List<JsonNode> listed(String flowId, String filter) {
        var all = new ArrayList<JsonNode>();
        var cursor = "";
        do {
            var page = get("/flow-runs?limit=1000&projectId=" + projectId + "&flowId=" + flowId + filter + cursor)
                    .success();
            page.path("data").forEach(all::add);
            var next = page.path("next");
            cursor = next.isTextual() ? "&cursor=" + URLEncoder.encode(next.asText(), StandardCharsets.UTF_8) : "";
        } while (!cursor.isEmpty());
        return all;
    }

    /**
     * A call without a token.
     *
     * @param headers names and values in turn
     */
    public Answer open(String method, String path, @Nullable JsonNode body, String... headers) {
        return send(method, path, body, null, headers);
    }

    /** The flow's newest run, once it is paused, with its steps. */
    public JsonNode paused(String flowId) {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        while (System.nanoTime() < deadline) {
            var runs = runs(flowId);
            if (!runs.isEmpty() && runs.getFirst().path("status").asText().equals("PAUSED")) {
                return run(runs.getFirst().path("id").asText());
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        throw new AssertionError("after " + DEADLINE + " no run of " + flowId + " is paused");
    }

    /** The flow's only run, once it has ended, with its steps. */
    public JsonNode onlyRun(String flowId) {
        var runs = ended(flowId, 1);
        if (runs.size() != 1) {
            throw new AssertionError("expected one run, there are " + runs.size());
        }
        return run(runs.getFirst().path("id").asText());
    }

    /** All runs of the flow, once there are at least so many and each has ended. */
    public List<JsonNode> ended(String flowId, int count) {
        var deadline = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            var runs = runs(flowId);
            var open = runs.stream().filter(run -> !terminal(run)).count();
            if (open == 0 && runs.size() >= count) {
                return runs;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(
                        "after " + DEADLINE + " there are " + runs.size() + " runs, " + open + " have not ended");
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    public static boolean terminal(JsonNode run) {
        return RunStatus.valueOf(run.path("status").asText()).terminal();
    }

    @Override
    public void close() {
        http.close();
    }

    private Answer send(
            String method, String path, @Nullable JsonNode body, @Nullable String bearer, String... headers) {
        var request =
                HttpRequest.newBuilder(URI.create(base + "/api/v1" + path)).timeout(DEADLINE);
        request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(Json.bytes(body)));
        if (body != null) {
            request.header("content-type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (bearer != null) {
            request.header("authorization", "Bearer " + bearer);
        }
        try {
            var answer = http.send(request.build(), BodyHandlers.ofByteArray());
            return new Answer(answer.statusCode(), answer.headers(), answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path + " was not answered", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
