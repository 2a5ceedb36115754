package millrace.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the web server is told at start.
 *
 * @param port 0 takes a free one
 * @param clientAddressHeader the header in which a reverse proxy puts the client's address, lower case; null trusts none
 * @param signInLimit null switches the limit of authentication routes off
 * @param stopGrace how long requests under way may take at a stop
 */
public record HttpOptions(
        String host,
        int port,
        @Nullable String clientAddressHeader,
        @Nullable SignInLimit signInLimit,
        Duration stopGrace) {
    /** Calls of authentication routes that one client address has in each window. */
    public record SignInLimit(int max, Duration window) {}
}
