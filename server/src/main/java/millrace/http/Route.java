package millrace.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import millrace.access.Permission;
import millrace.access.PrincipalType;
import org.jspecify.annotations.Nullable;

/**
 * One declared route. The router finds this object and everything else is read from it, so that a permission can't be
 * lost between the text of a path and its handler.
 *
 * @param method {@code GET}, {@code POST}, {@code DELETE}; {@code *} for raw routes, which take all
 * @param path with its prefix and parameters in braces: {@code /api/v1/flows/{id}}
 * @param kinds the principals that get in; empty for open routes, which ask for no token and ignore a wrong one
 * @param permission what the service checks; null where no project is concerned
 * @param body the record that the body is read into, null where none is read
 * @param answer the shape of the answer, null where it is free
 * @param maxBytes limit on the body, counted after decompression
 */
public record Route(
        String method,
        String path,
        Set<PrincipalType> kinds,
        @Nullable Permission permission,
        @Nullable Body<?> body,
        @Nullable Shape answer,
        int status,
        long maxBytes,
        boolean limited,
        Target target) {
    public Route {
        kinds = Set.copyOf(kinds);
    }

    /** Open to everybody. */
    public boolean open() {
        return kinds.isEmpty();
    }

    /** What runs. */
    sealed interface Target {}

    record Json(Handler handler) implements Target {}

    /**
     * @param tooLarge the JSON text that is answered with 413
     * @param patience how long a request is parked while the database is away; null: as long as others
     */
    record Raw(
            RawHandler handler, String tooLarge, @Nullable Duration patience) implements Target {}

    /**
     * How a body becomes a value.
     *
     * @param maxDepth how deep its lists and objects may be nested
     */
    public record Body<T>(Class<T> type, Function<ObjectNode, T> reader, int maxDepth) {}

    /** The shape of an answer. */
    public record Shape(Class<?> type, Wrapping wrapping) {}

    /** How values of a shape are sent. */
    public enum Wrapping {
        SINGLE,
        LIST,
        PAGE
    }
}
