package millrace.project;

import millrace.access.Permission;
import millrace.access.PrincipalType;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;

/** The street door of platforms and projects. */
public final class ProjectRoutes implements Room {
    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 1_000;

    private final ProjectService projects;

    public ProjectRoutes(ProjectService projects) {
        this.projects = projects;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/projects", this::page)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answersPage(Project.class);
        routes.get("/projects/{id}", this::get).needs(Permission.READ_PROJECT).answers(Project.class);
        routes.get("/platforms/{id}", this::getPlatform)
                .principals(PrincipalType.USER, PrincipalType.SERVICE)
                .answers(Platform.class);
    }

    private SeekPage<Project> page(Call call) {
        var query = call.query();
        var filter = new ProjectFilter(
                query.text("externalId"), query.text("displayName"), query.choices("types", ProjectType.class));
        return projects.page(call.principal(), filter, query.page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private Project get(Call call) {
        return projects.get(call.principal(), call.path("id"));
    }

    private Platform getPlatform(Call call) {
        return projects.getPlatform(call.principal(), call.path("id"));
    }
}
