package millrace.flow;

import java.util.List;
import millrace.access.Permission;
import millrace.access.PrincipalType;
import millrace.definition.FlowOperation;
import millrace.definition.FlowVersion;
import millrace.engine.Json;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Flows and their versions over HTTP (reference/rest-api §4). */
public final class FlowRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int MAX_LIMIT = 1_000;
    /** A document may reach several megabytes. */
    private static final long MAX_BYTES = 25L * 1024 * 1024;

    private static final String UNCATEGORISED = "NULL";

    private final FlowService flows;

    public FlowRoutes(FlowService flows) {
        this.flows = flows;
    }

    @Override
    public void declare(Routes routes) {
        routes.post("/flows", this::create)
                .needs(Permission.WRITE_FLOW)
                .takes(NewFlow.class)
                .answers(PopulatedFlow.class)
                .status(201);
        routes.get("/flows", this::page)
                .needs(Permission.READ_FLOW, PrincipalType.USER, PrincipalType.SERVICE, PrincipalType.ENGINE)
                .answersPage(PopulatedFlow.class);
        routes.get("/flows/count", this::count).needs(Permission.READ_FLOW).answers(Integer.class);
        routes.get("/flows/{id}", this::get).needs(Permission.READ_FLOW).answers(PopulatedFlow.class);
        routes.post("/flows/{id}", this::change)
                .needs(Permission.WRITE_FLOW)
                .takes(FlowOperation.class, FlowOperation::read, Json.MAX_DOCUMENT_DEPTH)
                .answers(PopulatedFlow.class)
                .maxBytes(MAX_BYTES);
        routes.delete("/flows/{id}", this::delete).needs(Permission.WRITE_FLOW).status(204);
        routes.get("/flows/{id}/template", this::template)
                .needs(Permission.READ_FLOW)
                .answers(SharedTemplate.class);
        routes.get("/flows/{id}/versions", this::versions)
                .needs(Permission.READ_FLOW)
                .answersPage(FlowVersionMetadata.class);
    }

    private PopulatedFlow create(Call call) {
        return flows.create(call.principal(), call.body(NewFlow.class));
    }

    private SeekPage<PopulatedFlow> page(Call call) {
        return flows.page(call.principal(), filter(call), call.query().page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private Integer count(Call call) {
        return flows.count(call.principal(), filter(call));
    }

    private static FlowFilter filter(Call call) {
        var query = call.query();
        boolean uncategorised = UNCATEGORISED.equals(query.text("folderId"));
        @Nullable String folderId = uncategorised ? null : query.id("folderId");
        return new FlowFilter(
                query.id("projectId"),
                folderId == null ? query.ids("folderIds") : List.of(folderId),
                uncategorised,
                query.choices("status", FlowStatus.class),
                query.text("name"),
                query.choice("versionState", FlowVersion.State.class),
                query.list("connectionExternalIds"),
                query.list("agentExternalIds"),
                query.list("externalIds"));
    }

    private PopulatedFlow get(Call call) {
        return flows.get(call.principal(), call.path("id"), call.query().id("versionId"));
    }

    private PopulatedFlow change(Call call) {
        return flows.change(call.principal(), call.path("id"), call.body(FlowOperation.class));
    }

    private Answer delete(Call call) {
        flows.delete(call.principal(), call.path("id"));
        return Answer.of(204, null);
    }

    private SharedTemplate template(Call call) {
        return flows.template(call.principal(), call.path("id"), call.query().id("versionId"));
    }

    private SeekPage<FlowVersionMetadata> versions(Call call) {
        return flows.versions(call.principal(), call.path("id"), call.query().page(DEFAULT_LIMIT, MAX_LIMIT));
    }
}
