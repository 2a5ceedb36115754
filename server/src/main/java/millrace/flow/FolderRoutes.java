package millrace.flow;

import millrace.access.Permission;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Folders over HTTP (reference/rest-api §4.1). */
public final class FolderRoutes implements Room {
    private static final int DEFAULT_LIMIT = 10;
    private static final int MAX_LIMIT = 1_000;

    private final FolderService folders;

    public FolderRoutes(FolderService folders) {
        this.folders = folders;
    }

    /** What a folder is made of. */
    public record NewFolder(@Nullable String projectId, String displayName) {}

    /** What of a folder can change. */
    public record FolderName(String displayName) {}

    @Override
    public void declare(Routes routes) {
        routes.post("/folders", this::create)
                .needs(Permission.WRITE_FOLDER)
                .takes(NewFolder.class)
                .answers(Folder.class);
        routes.get("/folders", this::page).needs(Permission.READ_FOLDER).answersPage(CountedFolder.class);
        routes.get("/folders/{id}", this::get).needs(Permission.READ_FOLDER).answers(Folder.class);
        routes.post("/folders/{id}", this::rename)
                .needs(Permission.WRITE_FOLDER)
                .takes(FolderName.class)
                .answers(Folder.class);
        routes.delete("/folders/{id}", this::delete)
                .needs(Permission.WRITE_FOLDER)
                .status(204);
    }

    private Folder create(Call call) {
        var folder = call.body(NewFolder.class);
        return folders.create(call.principal(), folder.projectId(), folder.displayName());
    }

    private SeekPage<CountedFolder> page(Call call) {
        return folders.page(
                call.principal(), call.query().id("projectId"), call.query().page(DEFAULT_LIMIT, MAX_LIMIT));
    }

    private Folder get(Call call) {
        return folders.get(call.principal(), call.path("id"));
    }

    private Folder rename(Call call) {
        return folders.rename(
                call.principal(), call.path("id"), call.body(FolderName.class).displayName());
    }

    private Answer delete(Call call) {
        folders.delete(call.principal(), call.path("id"));
        return Answer.of(204, null);
    }
}
