package millrace.http;

import java.util.List;
import millrace.access.Principal;
import org.jspecify.annotations.Nullable;

/** One request of a JSON route, as its handler sees it. */
public final class Call {
    private final Principal principal;
    private final Router.Match match;
    private final QueryParams query;
    private final @Nullable Object body;
    private final String requestId;
    private final String clientAddress;

    Call(
            Principal principal,
            Router.Match match,
            QueryParams query,
            @Nullable Object body,
            String requestId,
            String clientAddress) {
        this.principal = principal;
        this.match = match;
        this.query = query;
        this.body = body;
        this.requestId = requestId;
        this.clientAddress = clientAddress;
    }

    /** Who asks; on open routes always nobody. */
    public Principal principal() {
        return principal;
    }

    /** A path parameter, decoded; ids have been checked. */
    public String path(String name) {
        return match.value(name);
    }

    public QueryParams query() {
        return query;
    }

    /** The body, of the type that the route {@code takes}. */
    public <T> T body(Class<T> type) {
        if (body == null) {
            throw new IllegalStateException("the route " + match.route().path() + " declares no body");
        }
        return type.cast(body);
    }

    public String requestId() {
        return requestId;
    }

    /** The client's address, from the configured header of the reverse proxy when it is there. */
    public String clientAddress() {
        return clientAddress;
    }

    /** The names of all path parameters. */
    public List<String> pathNames() {
        return match.names();
    }
}
