package millrace.config;

import java.net.URI;
import java.time.Duration;

/**
 * The street door.
 *
 * @param port 0 takes a free one
 * @param frontendUrl the public URL without a slash at its end
 * @param clientAddressHeader the header that holds the client's address; empty: the connection's address
 * @param signInLimit bounds sign-in and sign-up for each client address
 * @param maxFileBytes largest file in a step, trigger or upload
 */
public record HttpSettings(
        int port, URI frontendUrl, String clientAddressHeader, SignInLimit signInLimit, long maxFileBytes) {
    /** At most {@code max} attempts in {@code window}, when enabled. */
    public record SignInLimit(boolean enabled, int max, Duration window) {}
}
