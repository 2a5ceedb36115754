package millrace.flow;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.MillraceException;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import org.jspecify.annotations.Nullable;

/** Keeps the folders of projects. */
public final class FolderService {
    private static final String ENTITY = "folder";

    private final Database database;
    private final Access access;
    private final Ids ids;
    private final InstantSource clock;
    private final FolderStore folders = new FolderStore();

    public FolderService(Database database, Access access, Ids ids, InstantSource clock) {
        this.database = database;
        this.access = access;
        this.ids = ids;
        this.clock = clock;
    }

    /** @throws MillraceException VALIDATION (409) when the project has a folder of this name in either case */
    public Folder create(Principal principal, @Nullable String projectId, String displayName) {
        access.require(principal, Permission.WRITE_FOLDER, projectId);
        String checked = known(projectId);
        return database.transaction(tx -> {
            refuseTaken(tx, checked, displayName, null);
            return insert(tx, checked, displayName);
        });
    }

    public SeekPage<CountedFolder> page(Principal principal, @Nullable String projectId, PageRequest page) {
        access.require(principal, Permission.READ_FOLDER, projectId);
        String checked = known(projectId);
        return database.list(tx -> folders.page(tx, Scope.project(checked), checked, page));
    }

    /** @throws MillraceException ENTITY_NOT_FOUND */
    public Folder get(Principal principal, String folderId) {
        return visible(principal, folderId, Permission.READ_FOLDER);
    }

    /** @throws MillraceException ENTITY_NOT_FOUND; VALIDATION (409) as in {@link #create} */
    public Folder rename(Principal principal, String folderId, String displayName) {
        var folder = visible(principal, folderId, Permission.WRITE_FOLDER);
        return database.transaction(tx -> {
            refuseTaken(tx, folder.projectId(), displayName, folderId);
            var renamed = new Folder(
                    folder.id(),
                    folder.created(),
                    now(),
                    folder.projectId(),
                    displayName,
                    folder.displayOrder(),
                    folder.externalId());
            folders.rename(tx, renamed);
            return renamed;
        });
    }

    /** Deletes the folder; what was in it stays, uncategorised. */
    public void delete(Principal principal, String folderId) {
        visible(principal, folderId, Permission.WRITE_FOLDER);
        database.transact(tx -> folders.delete(tx, folderId));
    }

    /** The project's folder of this name, made when it is not there. */
    String findOrCreate(Tx tx, String projectId, String displayName) {
        return folders.findNamed(tx, Scope.project(projectId), projectId, displayName)
                .orElseGet(() -> insert(tx, projectId, displayName))
                .id();
    }

    /** @throws MillraceException ENTITY_NOT_FOUND when the project has no such folder */
    void requireIn(Tx tx, String projectId, String folderId) {
        if (folders.find(tx, Scope.project(projectId), folderId).isEmpty()) {
            throw MillraceException.notFound(ENTITY, folderId);
        }
    }

    private Folder visible(Principal principal, String folderId, Permission permission) {
        var folder = database.read(tx -> folders.find(tx, principal.scope(), folderId))
                .orElseThrow(() -> MillraceException.notFound(ENTITY, folderId));
        access.requireEntity(principal, permission, folder.projectId(), ENTITY, folderId);
        return folder;
    }

    private void refuseTaken(Tx tx, String projectId, String displayName, @Nullable String exceptId) {
        folders.findNamed(tx, Scope.project(projectId), projectId, displayName)
                .filter(other -> !other.id().equals(exceptId))
                .ifPresent(other -> {
                    throw MillraceException.conflict("Folder displayName is used");
                });
    }

    private Folder insert(Tx tx, String projectId, String displayName) {
        var folder = new Folder(ids.random(), now(), now(), projectId, displayName, 0, null);
        folders.insert(tx, folder);
        return folder;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static String known(@Nullable String projectId) {
        if (projectId == null) {
            throw new IllegalStateException("access lets nobody into no project");
        }
        return projectId;
    }
}
