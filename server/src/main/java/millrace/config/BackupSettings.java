package millrace.config;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When and where the server backs its database up.
 *
 * @param cron five fields, UTC; null: never
 * @param keep how long older backups in the same place stay
 * @param alertUrl what is told of a failure, by a POST; null: nobody
 */
public record BackupSettings(
        @Nullable String cron,
        Duration keep,
        BackupLocation location,
        @Nullable Secret alertUrl) {
    /** The first moment of the schedule after this one; empty without a schedule or when none follows. */
    public Optional<Instant> next(Instant after) {
        return cron == null
                ? Optional.empty()
                : parsed(cron).nextExecution(after.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toInstant);
    }

    /** @throws IllegalArgumentException when it is no cron expression */
    static ExecutionTime parsed(String cron) {
        return ExecutionTime.forCron(
                new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX)).parse(cron));
    }
}
