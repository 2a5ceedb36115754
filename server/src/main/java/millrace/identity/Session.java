package millrace.identity;

import millrace.access.PlatformRole;
import org.jspecify.annotations.Nullable;

/** What signing up and in answers (reference/rest-api §2.6: AuthenticationResponse). */
public record Session(
        String id,
        PlatformRole platformRole,
        UserStatus status,
        @Nullable String externalId,
        String platformId,
        boolean verified,
        String firstName,
        String lastName,
        String email,
        boolean trackEvents,
        boolean newsLetter,
        String token,
        @Nullable String projectId) {}
