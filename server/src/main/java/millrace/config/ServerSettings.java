package millrace.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * What concerns the process as a whole.
 *
 * @param environment prod, dev or test
 * @param edition ce, ee or cloud: only what the flag EDITION shows
 * @param logLevel trace, debug, info, warn or error
 * @param lease after how long without a sign of life others take over the runs of a process
 * @param liveness how long a server counts as alive without its database
 * @param holdAfterAsyncFailover whether runs in flight are held after the promotion of a standby that was not synchronous
 * @param workingDirectory where relative paths start and {@code .millrace/} lies
 */
public record ServerSettings(
        String environment,
        String edition,
        String logLevel,
        Duration lease,
        Duration liveness,
        boolean holdAfterAsyncFailover,
        Path workingDirectory) {
    /** Where the program keeps its own files: generated keys, caches, sockets. */
    public Path ownDirectory() {
        return workingDirectory.resolve(".millrace");
    }
}
