package millrace.draft;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.access.Permission;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;
import millrace.run.FlowRun;
import org.jspecify.annotations.Nullable;

/** Tests of drafts, sample data and trigger events over HTTP (reference/rest-api §10, clarifications). */
public final class DraftRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int MAX_LIMIT = 100;
    private static final long MAX_BYTES = 25L * 1024 * 1024;

    private final DraftService drafts;

    public DraftRoutes(DraftService drafts) {
        this.drafts = drafts;
    }

    @Override
    public void declare(Routes routes) {
        routes.post("/flow-runs/test", this::testFlow)
                .needs(Permission.WRITE_RUN)
                .takes(FlowTest.class)
                .answers(FlowRun.class);
        routes.post("/sample-data/test-step", this::testStep)
                .needs(Permission.WRITE_FLOW)
                .takes(StepTest.class)
                .answers(FlowRun.class);
        routes.get("/sample-data", this::sample).needs(Permission.READ_FLOW);
        routes.post("/test-trigger", this::testTrigger)
                .needs(Permission.WRITE_FLOW)
                .takes(TriggerTest.class)
                .answersPage(TriggerEvent.class);
        routes.delete("/test-trigger", this::stopTrigger)
                .needs(Permission.WRITE_FLOW)
                .takes(TriggerTestEnd.class);
        routes.get("/trigger-events", this::events).needs(Permission.READ_FLOW).answersPage(TriggerEvent.class);
        routes.post("/trigger-events", this::keepEvent)
                .needs(Permission.WRITE_FLOW)
                .takes(NewEvent.class)
                .answers(TriggerEvent.class)
                .maxBytes(MAX_BYTES);
    }

    /** Body of {@code POST /flow-runs/test}. */
    public record FlowTest(String projectId, String flowVersionId) {}

    /** Body of {@code POST /sample-data/test-step}. */
    public record StepTest(String projectId, String flowVersionId, String stepName) {}

    /** Body of {@code POST /test-trigger}. */
    record TriggerTest(String projectId, String flowId, String flowVersionId, DraftService.TestStrategy testStrategy) {}

    /** Body of {@code DELETE /test-trigger}. */
    public record TriggerTestEnd(String projectId, String flowId) {}

    /** Body of {@code POST /trigger-events}. */
    public record NewEvent(String projectId, String flowId, JsonNode mockData) {}

    /** Which side of a step is asked for. */
    private enum Side {
        INPUT,
        OUTPUT
    }

    private FlowRun testFlow(Call call) {
        var test = call.body(FlowTest.class);
        return drafts.testFlow(call.principal(), test.projectId(), test.flowVersionId());
    }

    private FlowRun testStep(Call call) {
        var test = call.body(StepTest.class);
        return drafts.testStep(call.principal(), test.projectId(), test.flowVersionId(), test.stepName());
    }

    private JsonNode sample(Call call) {
        var query = call.query();
        return drafts.sample(
                call.principal(),
                query.id("projectId"),
                query.id("flowId"),
                required("flowVersionId", query.id("flowVersionId")),
                required("stepName", query.text("stepName")),
                query.choice("type", Side.class) == Side.INPUT);
    }

    private static String required(String name, @Nullable String value) {
        if (value == null) {
            throw MillraceException.invalid("querystring/" + name + " is required");
        }
        return value;
    }

    private SeekPage<TriggerEvent> testTrigger(Call call) {
        var test = call.body(TriggerTest.class);
        return drafts.testTrigger(
                call.principal(), test.projectId(), test.flowId(), test.flowVersionId(), test.testStrategy());
    }

    private Answer stopTrigger(Call call) {
        var end = call.body(TriggerTestEnd.class);
        drafts.stopTrigger(call.principal(), end.projectId(), end.flowId());
        return Answer.of(200, Json.object());
    }

    private SeekPage<TriggerEvent> events(Call call) {
        var query = call.query();
        return drafts.events(
                call.principal(),
                query.id("projectId"),
                required("flowId", query.id("flowId")),
                query.page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private TriggerEvent keepEvent(Call call) {
        var event = call.body(NewEvent.class);
        return drafts.keepEvent(call.principal(), event.projectId(), event.flowId(), event.mockData());
    }
}
