package millrace.identity;

import org.jspecify.annotations.Nullable;

/** What a user sees of itself. */
public record Profile(
        String email,
        String firstName,
        String lastName,
        boolean trackEvents,
        boolean newsLetter,
        @Nullable String imageUrl) {}
