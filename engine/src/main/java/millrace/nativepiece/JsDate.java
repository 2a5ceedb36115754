package millrace.nativepiece;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Moments as texts: ISO 8601, in UTC where no zone is named. */
public final class JsDate {
    private static final DateTimeFormatter ISO_MILLIS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private JsDate() {}

    /** A date, or a date and a time with or without a zone; null for any other text. */
    public static @Nullable Instant parse(String text) {
        try {
            return instant(text.strip().replace(' ', 'T'));
        } catch (DateTimeException notADate) {
            return null;
        }
    }

    /** To the millisecond, as {@code toISOString} has it. */
    public static String iso(Instant moment) {
        return ISO_MILLIS.format(moment);
    }

    private static Instant instant(String text) {
        if (!text.contains("T")) {
            return LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
        }
        var time = text.substring(text.indexOf('T'));
        var zoned = time.endsWith("Z") || time.contains("+") || time.contains("-");
        return zoned
                ? OffsetDateTime.parse(text).toInstant()
                : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }
}
