package millrace.identity;

import java.time.Instant;
import java.util.List;
import millrace.access.PlatformRole;
import org.jspecify.annotations.Nullable;

/** A user with what it has earned (reference/rest-api §3.1). */
public record UserWithBadges(
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
        @Nullable String imageUrl,
        List<Badge> badges) {
    public UserWithBadges {
        badges = List.copyOf(badges);
    }

    public record Badge(String name, Instant created) {}

    static UserWithBadges of(User user, List<Badge> badges) {
        return new UserWithBadges(
                user.id(),
                user.created(),
                user.updated(),
                user.email(),
                user.firstName(),
                user.lastName(),
                user.status(),
                user.externalId(),
                user.platformId(),
                user.platformRole(),
                user.lastActiveDate(),
                user.imageUrl(),
                badges);
    }
}
