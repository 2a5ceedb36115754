package millrace.journal;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param status a terminal status of {@link millrace.engine.RunStatus}
 * @param failedStep JSON text
 * @param internalError JSON text
 */
public record RunEnd(
        String status,
        Instant finishTime,
        @Nullable String failedStep,
        int stepsCount,
        @Nullable String internalError) {}
