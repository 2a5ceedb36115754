package millrace.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Moments from outside: the years 0 to 9999, as RFC 3339 has them, which both databases hold. */
final class Moment {
    private static final Instant FIRST =
            OffsetDateTime.of(0, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).toInstant();
    private static final Instant END =
            OffsetDateTime.of(10_000, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).toInstant();

    private Moment() {}

    /** A moment in ISO 8601; null for what is none. */
    static @Nullable Instant parse(String text) {
        try {
            return within(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The moment, null outside the years. */
    static @Nullable Instant within(Instant moment) {
        return moment.isBefore(FIRST) || !moment.isBefore(END) ? null : moment;
    }
}
