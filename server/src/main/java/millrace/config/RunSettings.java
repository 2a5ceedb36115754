package millrace.config;

import java.time.Duration;

/**
 * Limits on runs.
 *
 * @param concurrency runs that this process executes at once
 * @param timeout active time of one run, pauses left out
 * @param maxPause longest total pause
 * @param retention life of finished runs
 * @param maxLogBytes stored bytes of one run's log
 * @param outputSliceBytes a larger output is stored beside the journal
 * @param inputTruncateBytes a larger input is shown truncated
 * @param maxEntryBytes a larger value is not kept in the key-value store
 * @param maxCallDepth how many runs may have started each other, one by the other
 * @param maxSelfStarts how often a flow may start itself in a minute
 * @param perProject production runs of a project at once, unless it sets another number; 0 when nobody counts
 */
public record RunSettings(
        int concurrency,
        Duration timeout,
        Duration maxPause,
        Duration retention,
        long maxLogBytes,
        long outputSliceBytes,
        long inputTruncateBytes,
        long maxEntryBytes,
        int maxCallDepth,
        int maxSelfStarts,
        int perProject) {}
