package millrace.identity;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A person and its credential, whatever platforms it is on (table user_identity). */
record Identity(
        String id,
        Instant created,
        String email,
        String password,
        String firstName,
        String lastName,
        boolean trackEvents,
        boolean newsLetter,
        boolean verified,
        @Nullable String tokenVersion,
        @Nullable String lastLoggedInPlatformId) {
    @Override
    public String toString() {
        return "Identity[" + id + "]";
    }
}
