package millrace.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import millrace.config.WebhookSettings;
import millrace.connection.ConnectionService;
import millrace.definition.FlowJson;
import millrace.definition.FlowVersion;
import millrace.draft.TriggerEvents;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.expression.ReferenceFailure;
import millrace.flow.FlowService;
import millrace.flow.FlowStatus;
import millrace.flow.RunnableFlow;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.run.Reply;
import millrace.run.RunService;
import millrace.run.RunStart;
import org.jspecify.annotations.Nullable;

/** Turns a delivery to a flow's address into runs, and their outcome into an answer (reference/rest-api §6). */
public final class WebhookService {
    private static final int MAX_KEPT = 1_000;

    private final FlowService flows;
    private final RunService runs;
    private final ConnectionService connections;
    private final Function<String, Optional<Piece>> pieces;
    private final TriggerEvents kept;
    private final WebhookSettings settings;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, WebhookTrigger> triggers = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, WebhookTrigger> eldest) {
            return size() > MAX_KEPT;
        }
    };

    /** @param pieces finds a native piece by its npm name */
    public WebhookService(
            FlowService flows,
            RunService runs,
            ConnectionService connections,
            Function<String, Optional<Piece>> pieces,
            TriggerEvents kept,
            WebhookSettings settings) {
        this.flows = flows;
        this.runs = runs;
        this.connections = connections;
        this.pieces = pieces;
        this.kept = kept;
        this.settings = settings;
    }

    /** The flow that a delivery is for; empty for an unknown one. */
    Optional<RunnableFlow> find(String flowId) {
        return flows.find(flowId);
    }

    /**
     * Takes one delivery. When this returns, every run that an asynchronous delivery started is durable, and a
     * synchronous one has been answered or has run out of time.
     *
     * @param deliveryId names the delivery to its sender
     * @throws MillraceException SANDBOX_CAPACITY_EXCEEDED when a caller waited in vain for a free slot
     */
    WebhookAnswer deliver(Webhook webhook, RunnableFlow flow, ObjectNode payload, String deliveryId)
            throws InterruptedException {
        if (webhook.draft() || flow.listening()) {
            keep(flow, payload);
        }
        if (!webhook.runs() || (!webhook.draft() && flow.status() != FlowStatus.ENABLED)) {
            return webhook.draft() || flow.listening() ? WebhookAnswer.accepted(deliveryId) : WebhookAnswer.empty(404);
        }
        var published = webhook.draft() ? null : flow.publishedVersionId();
        var draft = published == null;
        var version = version(published == null ? flow.latestVersionId() : published);
        var trigger = draft ? WebhookTrigger.of(version.trigger(), pieces) : trigger(version);
        var scope = new WebhookTrigger.ProjectScope(flow.projectId(), connections);
        var events = events(trigger, scope, payload);
        if (events == null) {
            return WebhookAnswer.accepted(deliveryId);
        }
        var answer = webhook.sync() ? WebhookAnswer.empty(204) : WebhookAnswer.accepted(deliveryId);
        for (var event : events) {
            var start = new RunStart(
                    flow.projectId(),
                    flow.id(),
                    version.id(),
                    webhook.environment(),
                    event,
                    trigger.shownInput(scope),
                    draft ? FlowJson.write(version.trigger()) : null,
                    webhook.priority());
            if (webhook.sync()) {
                return answer(runs.call(start, settings.timeout()));
            }
            runs.accept(start);
        }
        return answer;
    }

    private FlowVersion version(String versionId) {
        return flows.findVersion(versionId).orElseThrow(() -> MillraceException.notFound("flow_version", versionId));
    }

    /** The events of a delivery; null when the trigger's inputs do not fit. */
    private static @Nullable List<JsonNode> events(
            WebhookTrigger trigger, WebhookTrigger.ProjectScope scope, ObjectNode payload) {
        try {
            return trigger.events(scope, payload);
        } catch (PieceFailure | ReferenceFailure refused) {
            return null;
        }
    }

    /** Keeps what the latest version's trigger makes of a delivery, and ends the test that waited for it. */
    private void keep(RunnableFlow flow, ObjectNode payload) {
        var version = version(flow.latestVersionId());
        var scope = new WebhookTrigger.ProjectScope(flow.projectId(), connections);
        var events = events(WebhookTrigger.of(version.trigger(), pieces), scope, payload);
        if (events == null || events.isEmpty()) {
            return;
        }
        kept.keep(flow.projectId(), version, events);
        if (flow.listening()) {
            flows.stopListening(flow.id());
        }
    }

    private static WebhookAnswer answer(Reply reply) {
        if (reply instanceof Reply.NoRoom) {
            throw MillraceException.of(ErrorCode.SANDBOX_CAPACITY_EXCEEDED);
        }
        return WebhookAnswer.of(reply);
    }

    private WebhookTrigger trigger(FlowVersion version) {
        lock.lock();
        try {
            return triggers.computeIfAbsent(version.id(), id -> WebhookTrigger.of(version.trigger(), pieces));
        } finally {
            lock.unlock();
        }
    }
}
