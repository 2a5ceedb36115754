package millrace.trigger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import millrace.config.WebhookSettings;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import millrace.http.Exchange;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.payload.WebhookBody;
import millrace.run.ResumeService;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that resume paused runs (reference/rest-api §7). Raw routes: any method, any body, no token; the body is
 * read only when there is something to resume.
 */
public final class ResumeRoutes implements Room {
    private static final String RECORDED = "Your response has been recorded. You can close this page now.";
    private static final String EXPIRED = "This link has expired. The action may have already been processed.";

    private final ResumeService resumes;
    private final WebhookBody bodies;
    private final WebhookSettings settings;

    public ResumeRoutes(ResumeService resumes, WebhookBody bodies, WebhookSettings settings) {
        this.resumes = resumes;
        this.bodies = bodies;
        this.settings = settings;
    }

    @Override
    public void declare(Routes routes) {
        routes.raw("/flow-runs/{runId}/waitpoints/{waitpointId}", exchange -> resume(exchange, waitpoint(exchange)))
                .open()
                .maxBytes(settings.maxPayloadBytes())
                .patience(settings.timeout());
        routes.raw("/flow-runs/{runId}/waitpoints/{waitpointId}/sync", exchange -> call(exchange, waitpoint(exchange)))
                .open()
                .maxBytes(settings.maxPayloadBytes())
                .patience(settings.timeout());
        // The old form names the run alone: its last part is not looked at.
        routes.raw("/flow-runs/{runId}/requests/{requestId}", exchange -> resume(exchange, null))
                .open()
                .maxBytes(settings.maxPayloadBytes())
                .patience(settings.timeout());
        routes.raw("/flow-runs/{runId}/requests/{requestId}/sync", exchange -> call(exchange, null))
                .open()
                .maxBytes(settings.maxPayloadBytes())
                .patience(settings.timeout());
    }

    private static String waitpoint(Exchange exchange) {
        return exchange.path("waitpointId");
    }

    private void resume(Exchange exchange, @Nullable String waitpointId) {
        var runId = exchange.path("runId");
        var run = resumes.find(runId, waitpointId).orElse(null);
        var recorded =
                run != null && run.open() && resumes.resume(runId, waitpointId, payload(run.projectId(), exchange));
        answer(exchange, message(200, recorded ? RECORDED : EXPIRED));
    }

    private void call(Exchange exchange, @Nullable String waitpointId) {
        var runId = exchange.path("runId");
        var run = resumes.find(runId, waitpointId).orElse(null);
        if (run != null && run.status() != RunStatus.PAUSED) {
            answer(exchange, WebhookAnswer.json(409, notPaused(run.status())));
            return;
        }
        if (run == null || !run.open()) {
            answer(exchange, message(410, EXPIRED));
            return;
        }
        try {
            var reply = resumes.call(runId, waitpointId, payload(run.projectId(), exchange), settings.timeout());
            answer(exchange, reply.map(WebhookAnswer::of).orElseGet(() -> message(410, EXPIRED)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the server stops", e);
        }
    }

    /** What the waiting step gets. */
    private ObjectNode payload(String projectId, Exchange exchange) {
        var read = bodies.read(projectId, exchange);
        var payload = Json.object();
        payload.set("body", read.path("body"));
        payload.set("headers", read.path("headers"));
        payload.set("queryParams", read.path("queryParams"));
        return payload;
    }

    private static ObjectNode notPaused(RunStatus status) {
        return Json.object().put("message", "Flow run is not paused").put("flowRunStatus", status.name());
    }

    private static WebhookAnswer message(int status, String text) {
        return WebhookAnswer.json(status, Json.object().put("message", text));
    }

    private static void answer(Exchange exchange, WebhookAnswer answer) {
        exchange.answer(answer.status(), answer.headers(), answer.body());
    }
}
