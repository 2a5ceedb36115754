package millrace.run;

import java.util.EnumSet;
import millrace.access.Memberships;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import org.jspecify.annotations.Nullable;

/** Everybody may do everything: these tests are about runs. */
final class OpenProject implements Memberships {
    @Override
    public @Nullable Membership find(Principal principal, String projectId) {
        return new Membership(null, EnumSet.allOf(Permission.class));
    }

    @Override
    public Scope visible(Principal principal) {
        return Scope.nothing();
    }

    @Override
    public boolean administers(Principal principal) {
        return true;
    }
}
