package millrace.project;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;
import millrace.access.Access;
import millrace.access.BuiltInRole;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import millrace.project.Platform.FederatedAuthProviders;
import millrace.project.Project.Analytics;
import org.jspecify.annotations.Nullable;

/** Platforms and projects. */
public final class ProjectService {
    private static final List<String> COLORS = List.of(
            "RED",
            "BLUE",
            "YELLOW",
            "PURPLE",
            "GREEN",
            "PINK",
            "VIOLET",
            "ORANGE",
            "DARK_GREEN",
            "CYAN",
            "LAVENDER",
            "DEEP_ORANGE");
    private static final String PRIMARY_COLOR = "#2563eb";

    private final Database database;
    private final Access access;
    private final ProjectMemberships memberships;
    private final Ids ids;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ProjectStore projects = new ProjectStore();
    private final PlatformStore platforms = new PlatformStore();

    public ProjectService(
            Database database,
            Access access,
            ProjectMemberships memberships,
            Ids ids,
            InstantSource clock,
            RandomGenerator random) {
        this.database = database;
        this.access = access;
        this.memberships = memberships;
        this.ids = ids;
        this.clock = clock;
        this.random = random;
    }

    /** Writes what every installation has; done at each start. */
    public void prepare() {
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        database.transact(tx -> {
            for (var role : BuiltInRole.values()) {
                new MembershipStore().putBuiltIn(tx, role, now);
            }
        });
    }

    /** The projects that the principal can see, newest first. */
    public SeekPage<Project> page(Principal principal, ProjectFilter filter, PageRequest page) {
        var visible = access.visible(principal);
        var fetched = database.list(tx -> projects.page(tx, visible, filter, page));
        return SeekPage.of(fetched, page, project -> Cursor.Keys.of("created", project.created(), project.id()));
    }

    /** @throws MillraceException ENTITY_NOT_FOUND for a project that the principal can't see */
    public Project get(Principal principal, String id) {
        access.requireEntity(principal, Permission.READ_PROJECT, id, "project", id);
        return database.read(tx -> projects.find(tx, principal.scope(), id))
                .orElseThrow(() -> MillraceException.notFound("project", id));
    }

    /** @throws MillraceException ENTITY_NOT_FOUND for any platform but the principal's own */
    public Platform getPlatform(Principal principal, String id) {
        return database.read(tx -> platforms.find(tx, principal.scope(), id))
                .orElseThrow(() -> MillraceException.notFound("platform", id));
    }

    /** Whether somebody has signed up: there is a platform. */
    public boolean anyPlatform(Tx tx) {
        return platforms.any(tx);
    }

    /** The platform's rules for signing in; null when it is gone. */
    public @Nullable Platform platformOf(Tx tx, String platformId) {
        return platforms
                .find(tx, Scope.system("the rules for signing in"), platformId)
                .orElse(null);
    }

    /** Where a user lands after signing in; null when it has no project. */
    public @Nullable String homeOf(Tx tx, String platformId, String userId) {
        return projects.home(tx, platformId, userId);
    }

    /** Makes a platform; its owner exists already and is told its platform by the caller. */
    public String createPlatform(Tx tx, String ownerId, String name) {
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        var id = ids.random();
        platforms.insert(
                tx,
                new Platform(
                        id,
                        now,
                        now,
                        ownerId,
                        name,
                        PRIMARY_COLOR,
                        null,
                        "/logo-icon.svg",
                        "/logo-full.svg",
                        "/favicon.svg",
                        List.of(),
                        "BLOCKED",
                        false,
                        false,
                        true,
                        false,
                        List.of(),
                        List.of(),
                        null,
                        null,
                        List.of(),
                        null,
                        new FederatedAuthProviders(null),
                        PlatformPlan.free()));
        return id;
    }

    /** Makes a user's own project. */
    public String createPersonal(Tx tx, String platformId, String ownerId, String displayName) {
        var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
        var id = ids.random();
        projects.insert(
                tx,
                new Project(
                        id,
                        now,
                        now,
                        ownerId,
                        displayName,
                        platformId,
                        null,
                        ProjectType.PERSONAL,
                        Json.object().put("color", COLORS.get(random.nextInt(COLORS.size()))),
                        null,
                        false,
                        null,
                        null,
                        ProjectStore.freePlan(ids.random(), id, now),
                        Analytics.NONE));
        tx.afterCommit(memberships::forget);
        return id;
    }
}
