package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import millrace.access.Permission;
import millrace.access.PrincipalType;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.RunStatus;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Runs over HTTP (reference/rest-api §5). */
public final class RunRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int DEFAULT_STEPS = 100;
    private static final int MAX_LIMIT = 1_000;

    private final RunService runs;
    private final RunActions actions;
    private final RunForks forks;
    private final WaitpointService waitpoints;

    public RunRoutes(RunService runs, RunActions actions, RunForks forks, WaitpointService waitpoints) {
        this.runs = runs;
        this.actions = actions;
        this.forks = forks;
        this.waitpoints = waitpoints;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/flow-runs", this::page).needs(Permission.READ_RUN).answersPage(FlowRun.class);
        routes.get("/flow-runs/count-by-status", this::countByStatus)
                .needs(Permission.READ_RUN)
                .answers(StatusCounts.class);
        routes.post("/flow-runs/retry", this::retryAll)
                .needs(Permission.WRITE_RUN)
                .takes(BulkRetry.class)
                .answersList(FlowRun.class);
        routes.post("/flow-runs/cancel", this::cancelAll)
                .needs(Permission.WRITE_RUN)
                .takes(RunSelection.class)
                .answers(Canceled.class);
        routes.post("/flow-runs/archive", this::archiveAll)
                .needs(Permission.WRITE_RUN)
                .takes(RunSelection.class);
        routes.post("/flow-runs/{id}/retry", this::retry)
                .needs(Permission.WRITE_RUN)
                .takes(RetryRequest.class)
                .answers(FlowRun.class);
        routes.get("/flow-runs/{id}/why", this::why).needs(Permission.READ_RUN).answers(RunWhy.class);
        routes.get("/flow-runs/{id}/steps", this::steps)
                .needs(Permission.READ_RUN)
                .answersPage(ExecutedStep.class);
        routes.get("/flow-runs/{id}", this::get)
                .needs(Permission.READ_RUN, PrincipalType.USER, PrincipalType.SERVICE, PrincipalType.ENGINE)
                .answers(FlowRun.class);
        routes.post("/flow-runs/{id}/fork", this::fork)
                .needs(Permission.WRITE_RUN)
                .takes(Fork.class)
                .answers(FlowRun.class);
        routes.post("/waitpoints", this::openWaitpoint)
                .needs(Permission.WRITE_RUN, PrincipalType.ENGINE)
                .takes(NewWaitpoint.class)
                .answers(NewWaitpoint.Opened.class)
                .status(201);
        routes.post("/flow-runs/{id}/in-doubt", this::decide)
                .needs(Permission.WRITE_RUN)
                .takes(Decision.class)
                .answers(FlowRun.class);
    }

    private NewWaitpoint.Opened openWaitpoint(Call call) {
        return waitpoints.open(call.principal(), call.body(NewWaitpoint.class));
    }

    private FlowRun fork(Call call) {
        return forks.fork(call.principal(), call.path("id"), call.body(Fork.class));
    }

    private FlowRun decide(Call call) {
        var answer = call.body(Decision.class);
        return runs.decide(call.principal(), call.path("id"), answer.stepPath(), answer.happened(), answer.output());
    }

    /** Body of {@code POST /flow-runs/{id}/in-doubt}. */
    public record Decision(
            String stepPath, boolean happened, @Nullable JsonNode output) {}

    private SeekPage<FlowRun> page(Call call) {
        var query = call.query();
        var filter = new RunFilter(
                projectId(call),
                query.ids("flowId"),
                query.choices("status", RunStatus.class).stream()
                        .map(Enum::name)
                        .toList(),
                query.list("tags"),
                query.instant("createdAfter"),
                query.instant("createdBefore"),
                query.text("failedStepName"),
                query.text("failedStepMessage"),
                query.ids("flowRunIds"),
                Boolean.TRUE.equals(query.bool("includeArchived")),
                Boolean.TRUE.equals(query.bool("inDoubt")));
        return runs.page(call.principal(), filter, query.page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private static String projectId(Call call) {
        var projectId = call.query().id("projectId");
        if (projectId == null) {
            throw MillraceException.of(ErrorCode.AUTHORIZATION, "Project ID is required");
        }
        return projectId;
    }

    private RunWhy why(Call call) {
        return runs.why(call.principal(), call.path("id"));
    }

    private SeekPage<ExecutedStep> steps(Call call) {
        return runs.steps(call.principal(), call.path("id"), call.query().page(DEFAULT_STEPS, MAX_LIMIT));
    }

    private FlowRun get(Call call) {
        return runs.get(call.principal(), call.path("id"));
    }

    /** The counts in the reference's envelope. */
    record StatusCounts(List<StatusCount> data) {}

    private StatusCounts countByStatus(Call call) {
        var query = call.query();
        var filter = new RunFilter(
                projectId(call),
                List.of(),
                List.of(),
                List.of(),
                query.instant("createdAfter"),
                query.instant("createdBefore"),
                null,
                null,
                List.of(),
                false,
                false);
        return new StatusCounts(actions.countByStatus(call.principal(), filter));
    }

    private FlowRun retry(Call call) {
        return actions.retry(call.principal(), call.path("id"), call.body(RetryRequest.class));
    }

    private List<RetriedRun> retryAll(Call call) {
        return actions.retryAll(call.principal(), call.body(BulkRetry.class));
    }

    private Canceled cancelAll(Call call) {
        return actions.cancelAll(call.principal(), call.body(RunSelection.class));
    }

    private Answer archiveAll(Call call) {
        actions.archiveAll(call.principal(), call.body(RunSelection.class));
        return Answer.of(200, Json.object());
    }
}
