package millrace.nativepiece;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request to be sent.
 *
 * @param url absolute, as a user wrote it; what a URL can't hold is escaped by the sender
 * @param headers in order, names as written
 * @param body null for none
 * @param timeout for everything: name look-up, connection, redirects and the last byte of the answer
 */
public record HttpCall(
        String method,
        String url,
        List<Header> headers,
        @Nullable Content body,
        Duration timeout,
        boolean followRedirects) {

    /** The bytes of a body. */
    public record Content(byte[] bytes) {}

    /** A header field. */
    public record Header(String name, String value) {}

    public HttpCall {
        headers = List.copyOf(headers);
    }
}
