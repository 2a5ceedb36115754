package millrace.access;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may see which project; implemented by the project room. Answers may be up to one second old. */
public interface Memberships {
    /**
     * What the principal is in the project, or null when the project is unknown, deleted, another platform's, or not
     * visible to this user. Never asked for ENGINE principals.
     */
    @Nullable
    Membership find(Principal principal, String projectId);

    /** What a USER or SERVICE principal can see: its platform, or the projects it is a member of. */
    Scope visible(Principal principal);

    /** Whether the user administers its platform. */
    boolean administers(Principal principal);

    /**
     * A principal's place in a project.
     *
     * @param roleName the role as the API spells it; null for API keys
     */
    record Membership(@Nullable String roleName, Set<Permission> permissions) {
        public Membership {
            permissions = Set.copyOf(permissions);
        }
    }
}
