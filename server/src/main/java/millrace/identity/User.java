package millrace.identity;

import java.time.Instant;
import millrace.access.PlatformRole;
import org.jspecify.annotations.Nullable;

/** A person on a platform (reference/rest-api §3.1: UserWithMetaInformation). */
public record User(
        String id,
        Instant created,
        Instant updated,
        String email,
        String firstName,
        String lastName,
        UserStatus status,
        @Nullable String externalId,
        @Nullable String platformId,
        PlatformRole platformRole,
        @Nullable Instant lastActiveDate,
        @Nullable String imageUrl) {}
