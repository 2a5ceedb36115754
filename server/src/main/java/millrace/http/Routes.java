package millrace.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import millrace.access.Permission;
import millrace.access.PrincipalType;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * The list of all routes while it is written. A declaration begins with method, path and handler and must go on with who
 * gets in: {@code needs}, {@code principals} or {@code open}. One that stops before that does not compile, since the
 * first half is not a route (its result may not be ignored).
 *
 * <pre>{@code
 * routes.get("/flows/{id}", this::get).needs(READ_FLOW).answers(PopulatedFlow.class);
 * routes.post("/flows", this::create).needs(WRITE_FLOW).takes(CreateFlow.class).answers(PopulatedFlow.class).status(201);
 * routes.raw("/webhooks/{flowId}", this::receive).open().maxBytes(26_214_400);
 * }</pre>
 *
 * <p>Paths are below {@code /api/v1}. Parameters stand in braces and cover one segment; one that is called {@code id} or
 * ends with {@code Id} must be an id in JSON routes (else 400), fixed segments win over parameters.
 */
public final class Routes {
    static final String PREFIX = "/api/v1";
    private static final long DEFAULT_MAX_BYTES = 4L * 1024 * 1024;
    private static final Set<PrincipalType> PEOPLE_AND_KEYS = EnumSet.of(PrincipalType.USER, PrincipalType.SERVICE);

    private final List<Declaration> declarations = new ArrayList<>();

    @CheckReturnValue
    public JsonGuard get(String path, Handler handler) {
        return new JsonGuard("GET", path, handler);
    }

    @CheckReturnValue
    public JsonGuard post(String path, Handler handler) {
        return new JsonGuard("POST", path, handler);
    }

    @CheckReturnValue
    public JsonGuard delete(String path, Handler handler) {
        return new JsonGuard("DELETE", path, handler);
    }

    /**
     * All methods, any body, any query: the handler gets bytes. Targets are read leniently, path parameters are not
     * checked.
     */
    @CheckReturnValue
    public RawGuard raw(String path, RawHandler handler) {
        return new RawGuard(path, handler);
    }

    /** Everything that was declared, in order. */
    public List<Route> all() {
        return declarations.stream().map(Declaration::route).toList();
    }

    private <D extends Declaration> D add(D declaration) {
        declarations.add(declaration);
        return declaration;
    }

    /** A JSON route of which nobody knows yet who gets in. */
    public final class JsonGuard {
        private final String method;
        private final String path;
        private final Handler handler;

        private JsonGuard(String method, String path, Handler handler) {
            this.method = method;
            this.path = path;
            this.handler = handler;
        }

        /** Users and API keys; the service checks the permission in the project concerned. */
        public JsonRoute needs(Permission permission) {
            return add(new JsonRoute(this, PEOPLE_AND_KEYS, permission));
        }

        /** These principals; the service checks the permission in the project concerned. */
        public JsonRoute needs(Permission permission, PrincipalType first, PrincipalType... more) {
            return add(new JsonRoute(this, EnumSet.of(first, more), permission));
        }

        /** These principals, without a project; what else holds is the service's to check. */
        public JsonRoute principals(PrincipalType first, PrincipalType... more) {
            return add(new JsonRoute(this, EnumSet.of(first, more), null));
        }

        /** Everybody, also with a wrong token. */
        public JsonRoute open() {
            return add(new JsonRoute(this, Set.of(), null));
        }
    }

    /** A raw route of which nobody knows yet who gets in. */
    public final class RawGuard {
        private final String path;
        private final RawHandler handler;

        private RawGuard(String path, RawHandler handler) {
            this.path = path;
            this.handler = handler;
        }

        public RawRoute needs(Permission permission, PrincipalType first, PrincipalType... more) {
            return add(new RawRoute(this, EnumSet.of(first, more), permission));
        }

        public RawRoute principals(PrincipalType first, PrincipalType... more) {
            return add(new RawRoute(this, EnumSet.of(first, more), null));
        }

        public RawRoute open() {
            return add(new RawRoute(this, Set.of(), null));
        }
    }

    private sealed interface Declaration {
        Route route();
    }

    /** A JSON route; what is not said has its default: no body, any answer, 200, 4 MB. */
    public static final class JsonRoute implements Declaration {
        private final JsonGuard guard;
        private final Set<PrincipalType> kinds;
        private final @Nullable Permission permission;
        private Route.@Nullable Body<?> body;
        private Route.@Nullable Shape answer;
        private int status = 200;
        private long maxBytes = DEFAULT_MAX_BYTES;
        private boolean limited;

        private JsonRoute(JsonGuard guard, Set<PrincipalType> kinds, @Nullable Permission permission) {
            this.guard = guard;
            this.kinds = kinds;
            this.permission = permission;
        }

        /**
         * The body is a JSON object that is read into this record: components without {@code @Nullable} are required,
         * unknown keys are dropped, what does not fit is a 400 that names the field. An {@link IllegalArgumentException}
         * of the record's own checks is a 400 as well. {@link Patch} tells absent from null.
         */
        public <T extends Record> JsonRoute takes(Class<T> type) {
            this.body = new Route.Body<>(type, RecordReader.of(type)::read, Json.MAX_DEPTH);
            return this;
        }

        /**
         * The body is a JSON object that the room reads by itself.
         *
         * @param reader throws {@link IllegalArgumentException} (400 with its message) or a MillraceException
         */
        public <T> JsonRoute takes(Class<T> type, Function<ObjectNode, T> reader) {
            return takes(type, reader, Json.MAX_DEPTH);
        }

        /** The same with a limit of its own on the body's depth; the reader must not recurse along it. */
        public <T> JsonRoute takes(Class<T> type, Function<ObjectNode, T> reader, int maxDepth) {
            this.body = new Route.Body<>(type, reader, maxDepth);
            return this;
        }

        public JsonRoute answers(Class<?> type) {
            this.answer = new Route.Shape(type, Route.Wrapping.SINGLE);
            return this;
        }

        /** A bare JSON list of these. */
        public JsonRoute answersList(Class<?> type) {
            this.answer = new Route.Shape(type, Route.Wrapping.LIST);
            return this;
        }

        /** A {@link SeekPage} of these. */
        public JsonRoute answersPage(Class<?> type) {
            this.answer = new Route.Shape(type, Route.Wrapping.PAGE);
            return this;
        }

        /** The status of an answer that does not choose its own. */
        public JsonRoute status(int status) {
            this.status = status;
            return this;
        }

        /** Limit on the body's bytes; above it 413. */
        public JsonRoute maxBytes(long maxBytes) {
            this.maxBytes = maxBytes;
            return this;
        }

        /** Counts against the limit of authentication routes, for each client address. */
        public JsonRoute limited() {
            this.limited = true;
            return this;
        }

        @Override
        public Route route() {
            return new Route(
                    guard.method,
                    PREFIX + guard.path,
                    kinds,
                    permission,
                    body,
                    answer,
                    status,
                    maxBytes,
                    limited,
                    new Route.Json(guard.handler));
        }
    }

    /** A raw route; its default limit is 4 MB. */
    public static final class RawRoute implements Declaration {
        private final RawGuard guard;
        private final Set<PrincipalType> kinds;
        private final @Nullable Permission permission;
        private long maxBytes = DEFAULT_MAX_BYTES;
        private @Nullable Duration patience;
        private String tooLarge = "{\"message\":\"Payload too large\"}";

        private RawRoute(RawGuard guard, Set<PrincipalType> kinds, @Nullable Permission permission) {
            this.guard = guard;
            this.kinds = kinds;
            this.permission = permission;
        }

        /** Limit on the body's bytes, after decompression; above it 413. */
        public RawRoute maxBytes(long maxBytes) {
            this.maxBytes = maxBytes;
            return this;
        }

        /** How long a request is parked while the database is away. */
        public RawRoute patience(Duration patience) {
            this.patience = patience;
            return this;
        }

        /** The JSON text of a 413. */
        public RawRoute tooLarge(String json) {
            this.tooLarge = json;
            return this;
        }

        @Override
        public Route route() {
            return new Route(
                    "*",
                    PREFIX + guard.path,
                    kinds,
                    permission,
                    null,
                    null,
                    200,
                    maxBytes,
                    false,
                    new Route.Raw(guard.handler, tooLarge, patience));
        }
    }
}
