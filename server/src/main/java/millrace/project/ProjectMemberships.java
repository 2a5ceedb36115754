package millrace.project;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import millrace.access.BuiltInRole;
import millrace.access.Memberships;
import millrace.access.Permission;
import millrace.access.PlatformRole;
import millrace.access.Principal;
import millrace.access.PrincipalType;
import millrace.access.Recent;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.project.MembershipStore.Standing;
import org.jspecify.annotations.Nullable;

/** Tells who may see which project, from answers that are at most one second old. */
public final class ProjectMemberships implements Memberships {
    private static final Membership ADMIN =
            new Membership(BuiltInRole.ADMIN.roleName(), BuiltInRole.ADMIN.permissions());
    private static final Membership KEY = new Membership(null, EnumSet.allOf(Permission.class));

    private final Database database;
    private final MembershipStore store = new MembershipStore();
    private final Recent<Place, Membership> memberships = new Recent<>();
    private final Recent<Principal, Scope> scopes = new Recent<>();
    private final Recent<Principal, PlatformRole> roles = new Recent<>();

    public ProjectMemberships(Database database) {
        this.database = database;
    }

    @Override
    public @Nullable Membership find(Principal principal, String projectId) {
        return memberships.get(new Place(principal, projectId), this::load);
    }

    @Override
    public Scope visible(Principal principal) {
        if (principal.type() == PrincipalType.SERVICE) {
            return Scope.platform(principal.platformId());
        }
        return Objects.requireNonNull(scopes.get(principal, this::loadScope));
    }

    @Override
    public boolean administers(Principal principal) {
        return roles.get(principal, this::loadRole) == PlatformRole.ADMIN;
    }

    /** A project, membership, role or user of this process has changed: the next question is asked anew. */
    public void forget() {
        memberships.forget();
        scopes.forget();
        roles.forget();
    }

    private @Nullable Membership load(Place place) {
        var principal = place.principal();
        if (principal.type() == PrincipalType.SERVICE) {
            return database.read(tx -> store.projectOfPlatform(tx, principal.platformId(), place.projectId()))
                    ? KEY
                    : null;
        }
        return database.read(tx -> store.standing(tx, principal.id(), principal.platformId(), place.projectId()))
                .map(ProjectMemberships::membership)
                .orElse(null);
    }

    /** reference/rest-api §2.2. */
    private static @Nullable Membership membership(Standing standing) {
        if (standing.owner() || standing.platformRole() == PlatformRole.ADMIN) {
            return ADMIN;
        }
        if (standing.platformRole() == PlatformRole.OPERATOR) {
            return standing.type() == ProjectType.PERSONAL ? null : ADMIN;
        }
        return standing.roleName() == null || standing.permissions() == null
                ? null
                : new Membership(standing.roleName(), known(standing.permissions()));
    }

    /** Permissions of other releases that we do not know allow nothing. */
    private static Set<Permission> known(List<String> names) {
        var known = EnumSet.noneOf(Permission.class);
        Arrays.stream(Permission.values())
                .filter(permission -> names.contains(permission.name()))
                .forEach(known::add);
        return known;
    }

    private Scope loadScope(Principal principal) {
        var userId = principal.id();
        var platformId = principal.platformId();
        return switch (loadRole(principal)) {
            case ADMIN -> Scope.platform(platformId);
            case OPERATOR ->
                Scope.projects(database.read(tx -> store.allButPersonalOnesOfOthers(tx, userId, platformId)));
            case MEMBER -> Scope.projects(database.read(tx -> store.ownedOrJoined(tx, userId, platformId)));
            case null -> Scope.nothing();
        };
    }

    private @Nullable PlatformRole loadRole(Principal principal) {
        return database.read(tx -> store.platformRole(tx, principal.id(), principal.platformId()))
                .orElse(null);
    }

    private record Place(Principal principal, String projectId) {}
}
