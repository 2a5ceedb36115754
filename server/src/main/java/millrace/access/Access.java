package millrace.access;

import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Set;
import millrace.access.Memberships.Membership;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * The one check of rights. A route's declaration says which kinds of principals get in; only the service knows the
 * project, and asks here.
 */
public final class Access {
    private static final Membership FULL = new Membership(null, EnumSet.allOf(Permission.class));

    private final Memberships memberships;

    public Access(Memberships memberships) {
        this.memberships = memberships;
    }

    /**
     * For a project that the request names by itself ({@code projectId} in body or query).
     *
     * @throws MillraceException AUTHORIZATION when there is no project id, or when the project is unknown or not the
     *     principal's; PERMISSION_DENIED when the principal's role lacks the permission
     */
    public void require(Principal principal, Permission permission, @Nullable String projectId) {
        if (projectId == null) {
            throw MillraceException.of(ErrorCode.AUTHORIZATION, "Project ID is required");
        }
        var membership = membership(principal, projectId);
        if (membership == null) {
            throw MillraceException.of(ErrorCode.AUTHORIZATION, "The principal has no access to this project");
        }
        allow(principal, permission, projectId, membership);
    }

    /**
     * For an entity that was found by its id: one of a project that the principal can't see answers exactly as an
     * unknown id does.
     *
     * @param projectId the entity's project
     * @param entityType as in {@link MillraceException#notFound}
     * @throws MillraceException ENTITY_NOT_FOUND, or PERMISSION_DENIED when only the role lacks the permission
     */
    public void requireEntity(
            Principal principal, Permission permission, String projectId, String entityType, String entityId) {
        var membership = membership(principal, projectId);
        if (membership == null) {
            throw MillraceException.notFound(entityType, entityId);
        }
        allow(principal, permission, projectId, membership);
    }

    /** The projects whose rows the principal may list. */
    public Scope visible(Principal principal) {
        return switch (principal.type()) {
            case USER, SERVICE -> memberships.visible(principal);
            case ENGINE, WORKER, ONBOARDING, UNKNOWN -> principal.scope();
        };
    }

    /** For platform administration: an API key, or a user with the platform role ADMIN. */
    public void requireAdministrator(Principal principal) {
        if (!administers(principal)) {
            throw MillraceException.of(
                    ErrorCode.AUTHORIZATION, "The principal is not allowed to administer the platform");
        }
    }

    /** Whether the principal administers its platform: an API key, or a user with the platform role ADMIN. */
    public boolean administers(Principal principal) {
        return switch (principal.type()) {
            case SERVICE -> true;
            case USER -> memberships.administers(principal);
            case ENGINE, WORKER, ONBOARDING, UNKNOWN -> false;
        };
    }

    private @Nullable Membership membership(Principal principal, String projectId) {
        return switch (principal.type()) {
            case ENGINE -> projectId.equals(principal.projectId()) ? FULL : null;
            case USER, SERVICE -> memberships.find(principal, projectId);
            case WORKER, ONBOARDING, UNKNOWN -> null;
        };
    }

    private static void allow(Principal principal, Permission permission, String projectId, Membership membership) {
        Set<Permission> granted = membership.permissions();
        if (granted.contains(permission)) {
            return;
        }
        var params = new LinkedHashMap<String, Object>();
        params.put("userId", principal.id());
        params.put("projectId", projectId);
        params.put("projectRole", membership.roleName() == null ? "" : membership.roleName());
        params.put("permission", permission.name());
        throw MillraceException.of(ErrorCode.PERMISSION_DENIED, params);
    }
}
