package millrace.notify;

import java.time.Duration;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.PrincipalType;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.http.Authenticator;
import millrace.http.EventSink;
import millrace.http.Exchange;
import millrace.http.QueryParams;
import millrace.http.Room;
import millrace.http.Routes;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /events?projectId=…}: server-sent events (clarifications). A raw route, since a browser's EventSource can
 * send no header: the token comes as {@code authorization} or as the parameter {@code token}, and is asked again every
 * two seconds while the stream is open.
 */
public final class EventRoutes implements Room {
    private static final Duration ASK_AGAIN = Duration.ofSeconds(2);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final String BEARER = "Bearer ";

    private final LiveRuns live;
    private final Authenticator authenticator;
    private final Access access;

    public EventRoutes(LiveRuns live, Authenticator authenticator, Access access) {
        this.live = live;
        this.authenticator = authenticator;
        this.access = access;
    }

    @Override
    public void declare(Routes routes) {
        routes.raw("/events", this::stream).open();
    }

    private void stream(Exchange exchange) {
        if (!exchange.method().equals("GET")) {
            throw MillraceException.invalid("Events are asked for by GET");
        }
        var query = QueryParams.lenient(exchange.rawQuery());
        var token = token(exchange.header("authorization"), query.text("token"));
        var projectId = query.text("projectId");
        var principal = allowed(token, projectId);
        var project = java.util.Objects.requireNonNull(projectId);
        var last = exchange.header("last-event-id");
        var listener = live.join(principal.id(), project, last == null ? query.text("lastEventId") : last);
        try {
            exchange.stream(sink -> tell(sink, listener, token, project));
        } finally {
            live.leave(principal.id(), project, listener);
        }
    }

    /** Until the reader goes, is too slow, or may not listen any more. */
    private void tell(EventSink sink, Listener listener, @Nullable String token, String projectId)
            throws InterruptedException {
        sink.comment("listening");
        var asked = System.nanoTime();
        var said = asked;
        while (!listener.ended()) {
            var event = listener.next(ASK_AGAIN);
            var now = System.nanoTime();
            if (now - asked >= ASK_AGAIN.toNanos()) {
                if (!stillAllowed(token, projectId)) {
                    return;
                }
                asked = now;
            }
            if (event != null) {
                sink.event(live.id(event), event.name(), event.data());
                said = now;
            } else if (now - said >= HEARTBEAT.toNanos()) {
                sink.comment("");
                said = now;
            }
        }
    }

    private static @Nullable String token(@Nullable String header, @Nullable String parameter) {
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).trim()
                : parameter;
    }

    private Principal allowed(@Nullable String token, @Nullable String projectId) {
        var principal = token == null ? Principal.nobody() : authenticator.authenticate(token);
        if (principal.type() != PrincipalType.USER && principal.type() != PrincipalType.SERVICE) {
            throw MillraceException.of(
                    ErrorCode.AUTHORIZATION, "The principal is not allowed for this route: " + principal.type());
        }
        access.require(principal, Permission.READ_RUN, projectId);
        return principal;
    }

    private boolean stillAllowed(@Nullable String token, String projectId) {
        try {
            allowed(token, projectId);
            return true;
        } catch (MillraceException refused) {
            return refused.code() == ErrorCode.DATABASE_UNAVAILABLE;
        }
    }
}
