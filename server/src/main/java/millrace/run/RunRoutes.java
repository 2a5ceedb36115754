package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.access.Permission;
import millrace.access.PrincipalType;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.engine.RunStatus;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Runs over HTTP (reference/rest-api §5). */
public final class RunRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int MAX_LIMIT = 1_000;

    private final RunService runs;

    public RunRoutes(RunService runs) {
        this.runs = runs;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/flow-runs", this::page).needs(Permission.READ_RUN).answersPage(FlowRun.class);
        routes.get("/flow-runs/{id}", this::get)
                .needs(Permission.READ_RUN, PrincipalType.USER, PrincipalType.SERVICE, PrincipalType.ENGINE)
                .answers(FlowRun.class);
        routes.post("/flow-runs/{id}/in-doubt", this::decide)
                .needs(Permission.WRITE_RUN)
                .takes(Decision.class)
                .answers(FlowRun.class);
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
        var projectId = query.id("projectId");
        if (projectId == null) {
            throw MillraceException.of(ErrorCode.AUTHORIZATION, "Project ID is required");
        }
        var filter = new RunFilter(
                projectId,
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

    private FlowRun get(Call call) {
        return runs.get(call.principal(), call.path("id"));
    }
}
