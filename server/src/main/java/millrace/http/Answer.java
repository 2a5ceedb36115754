package millrace.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer whose status or headers the handler chooses.
 *
 * @param body a record, list or JSON tree; {@code byte[]} is sent as it is, with the content type among the headers; null
 *     for none
 */
public record Answer(
        int status, Map<String, String> headers, @Nullable Object body) {
    public Answer {
        headers = Map.copyOf(headers);
    }

    public static Answer of(int status, @Nullable Object body) {
        return new Answer(status, Map.of(), body);
    }

    public static Answer bytes(String contentType, byte[] body) {
        return new Answer(200, Map.of("content-type", contentType), body);
    }

    static Answer text(int status, String text) {
        return new Answer(
                status, Map.of("content-type", "text/plain; charset=utf-8"), text.getBytes(StandardCharsets.UTF_8));
    }

    public static Answer redirect(String location) {
        return new Answer(307, Map.of("location", location), null);
    }
}
