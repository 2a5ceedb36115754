package millrace.trigger;

import java.util.function.BooleanSupplier;
import millrace.config.WebhookSettings;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.http.Exchange;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.payload.WebhookBody;

/**
 * The addresses to which third parties deliver. Raw routes: any method, any body, lenient targets; the body is read
 * only for a flow that exists.
 */
public final class WebhookRoutes implements Room {
    private final WebhookService webhooks;
    private final WebhookBody bodies;
    private final WebhookSettings settings;
    private final BooleanSupplier clone;

    /** @param clone whether the database is a copy for trying things out: then every delivery is refused */
    public WebhookRoutes(WebhookService webhooks, WebhookBody bodies, WebhookSettings settings, BooleanSupplier clone) {
        this.clone = clone;
        this.webhooks = webhooks;
        this.bodies = bodies;
        this.settings = settings;
    }

    @Override
    public void declare(Routes routes) {
        declare(routes, "/webhooks/{flowId}", Webhook.ASYNC);
        declare(routes, "/webhooks/{flowId}/sync", Webhook.SYNC);
        declare(routes, "/webhooks/{flowId}/draft", Webhook.DRAFT);
        declare(routes, "/webhooks/{flowId}/draft/sync", Webhook.DRAFT_SYNC);
        declare(routes, "/webhooks/{flowId}/test", Webhook.TEST);
    }

    private void declare(Routes routes, String path, Webhook webhook) {
        routes.raw(path, exchange -> receive(webhook, exchange))
                .open()
                .maxBytes(settings.maxPayloadBytes())
                .patience(settings.timeout());
    }

    private void receive(Webhook webhook, Exchange exchange) {
        if (clone.getAsBoolean()) {
            throw MillraceException.of(
                    ErrorCode.DATABASE_IS_A_CLONE,
                    "This database was restored as a clone (millrace db restore --as-clone): it takes no webhooks.");
        }
        var flow = webhooks.find(exchange.path("flowId")).orElse(null);
        if (flow == null) {
            answer(exchange, WebhookAnswer.empty(410));
            return;
        }
        var payload = bodies.read(flow.projectId(), exchange);
        try {
            answer(exchange, webhooks.deliver(webhook, flow, payload, exchange.requestId()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the server stops", e);
        }
    }

    private static void answer(Exchange exchange, WebhookAnswer answer) {
        exchange.answer(answer.status(), answer.headers(), answer.body());
    }
}
