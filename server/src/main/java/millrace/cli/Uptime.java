package millrace.cli;

import java.time.Duration;
import java.time.Instant;

/** How long this process has been running, by the operating system's start time. */
final class Uptime {
    private Uptime() {}

    static long millis() {
        var now = System.currentTimeMillis();
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(start -> Duration.between(start, Instant.ofEpochMilli(now)).toMillis())
                .orElse(-1L);
    }
}
