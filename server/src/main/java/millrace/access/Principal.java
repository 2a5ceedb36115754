package millrace.access;

import org.jspecify.annotations.Nullable;

/**
 * Who makes a request.
 *
 * @param id the user, API key or run token's subject; empty for {@link #nobody}
 * @param platformId empty for {@link #nobody} and for workers
 * @param projectId the project of an ENGINE principal, null for all others: user tokens carry no project
 */
public record Principal(
        PrincipalType type,
        String id,
        String platformId,
        @Nullable String projectId) {
    private static final Principal NOBODY = new Principal(PrincipalType.UNKNOWN, "", "", null);

    /** The principal of a request without a token. */
    public static Principal nobody() {
        return NOBODY;
    }

    public static Principal user(String id, String platformId) {
        return new Principal(PrincipalType.USER, id, platformId, null);
    }

    public static Principal service(String id, String platformId) {
        return new Principal(PrincipalType.SERVICE, id, platformId, null);
    }

    public static Principal engine(String id, String platformId, String projectId) {
        return new Principal(PrincipalType.ENGINE, id, platformId, projectId);
    }

    /**
     * The widest scope that this kind of principal can have: an engine's project, anybody else's platform. A user may
     * see less than that, so what a store finds in it still goes through {@link Access#requireEntity}; lists use {@link
     * Access#visible}.
     */
    public Scope scope() {
        return switch (type) {
            case ENGINE -> projectId == null ? Scope.nothing() : Scope.project(projectId);
            case USER, SERVICE -> platformId.isEmpty() ? Scope.nothing() : Scope.platform(platformId);
            case WORKER, ONBOARDING, UNKNOWN -> Scope.nothing();
        };
    }
}
