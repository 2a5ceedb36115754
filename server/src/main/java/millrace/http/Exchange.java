package millrace.http;

import java.util.Map;
import millrace.access.Principal;
import org.jspecify.annotations.Nullable;

/** One request of a raw route and the way to answer it. Used by one thread. */
public interface Exchange {
    /** {@code GET}, {@code POST}, … as it was sent. */
    String method();

    /** A path parameter, decoded, unchecked. */
    String path(String name);

    /** The path as it was sent, without the query. */
    String rawPath();

    /** The query as it was sent, without {@code ?}; empty when there is none. {@link QueryParams#lenient} reads it. */
    String rawQuery();

    /** All headers by lower-case name; several of one name joined with a comma. */
    Map<String, String> headers();

    /** One header; null when it is absent. The name in lower case. */
    @Nullable
    String header(String name);

    /**
     * The whole body, decompressed; empty when there is none. Reads it at the first call. A body over the route's limit
     * ends the request with the route's 413.
     */
    byte[] body();

    /** Who asks; nobody on open routes. */
    Principal principal();

    String requestId();

    String clientAddress();

    /**
     * Sends the answer. Headers that HTTP can't carry, or that belong to the connection, are left out; {@code 204} and
     * {@code 304} have no body.
     */
    void answer(int status, Map<String, String> headers, byte[] body);

    /** Answers with server-sent events until {@code telling} returns or the reader is gone. */
    void stream(EventSink.Telling telling);
}
