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
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.RunOrigin;
import millrace.expression.ReferenceFailure;
import millrace.flow.FlowService;
import millrace.flow.FlowStatus;
import millrace.flow.RunnableFlow;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;
import millrace.run.CallBounds;
import millrace.run.CallSigner;
import millrace.run.Reply;
import millrace.run.RunService;
import millrace.run.RunStart;
import org.jspecify.annotations.Nullable;

/** Turns a delivery to a flow's address into runs, and their outcome into an answer (reference/rest-api §6). */
public final class WebhookService {
    private static final int MAX_KEPT = 1_000;
    private static final String PARENT = "ap-parent-run-id";
    private static final String FAIL_PARENT = "ap-fail-parent-on-failure";

    private final FlowService flows;
    private final RunService runs;
    private final ConnectionService connections;
    private final Function<String, Optional<Piece>> pieces;
    private final TriggerEvents kept;
    private final OwnCalls calls;
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
            OwnCalls calls,
            WebhookSettings settings) {
        this.flows = flows;
        this.runs = runs;
        this.connections = connections;
        this.pieces = pieces;
        this.kept = kept;
        this.calls = calls;
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
        var caller = caller(flow, payload);
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
            var callers = caller == null ? List.<String>of() : caller.callers();
            var refusal = caller == null ? null : calls.bounds().refusal(callers, flow.id());
            if (refusal != null) {
                return WebhookAnswer.json(429, Json.object().put("message", refusal));
            }
            var start = new RunStart(
                    flow.projectId(),
                    flow.id(),
                    version.id(),
                    webhook.environment(),
                    event,
                    trigger.shownInput(scope),
                    draft ? FlowJson.write(version.trigger()) : null,
                    webhook.priority(),
                    RunOrigin.calledBy(callers),
                    parent(caller, payload),
                    null);
            if (webhook.sync()) {
                return answer(runs.call(start, settings.timeout()));
            }
            runs.accept(start, settings.timeout());
        }
        return answer;
    }

    /** The run that calls, when a step of ours has signed that; the flow does not see the signature. */
    private CallSigner.@Nullable Caller caller(RunnableFlow flow, ObjectNode payload) {
        var signature =
                payload.path("headers") instanceof ObjectNode headers ? headers.remove(CallSigner.HEADER) : null;
        return signature == null
                ? null
                : calls.signer().verified(signature.asText(), flow.projectId()).orElse(null);
    }

    /** The parent that a delivery names, which must be the run that has signed it. */
    private static RunStart.@Nullable Parent parent(CallSigner.@Nullable Caller caller, ObjectNode payload) {
        var headers = payload.path("headers");
        return caller != null && headers.path(PARENT).asText().equals(caller.runId())
                ? new RunStart.Parent(
                        caller.runId(), !headers.path(FAIL_PARENT).asText().equals("false"))
                : null;
    }

    /** What is known of calls by our own runs. */
    public record OwnCalls(CallSigner signer, CallBounds bounds) {}

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
