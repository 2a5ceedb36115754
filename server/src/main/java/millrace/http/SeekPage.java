package millrace.http;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list (reference/rest-api §1.1).
 *
 * @param next the cursor of the following page, null on the last
 * @param previous the cursor of the page before, null on the first
 */
public record SeekPage<T>(
        List<T> data, @Nullable String next, @Nullable String previous) {
    public SeekPage {
        data = List.copyOf(data);
    }

    /** A list without pages in the same envelope. */
    public static <T> SeekPage<T> whole(List<T> data) {
        return new SeekPage<>(data, null, null);
    }

    /**
     * Makes the page of what a store fetched.
     *
     * @param fetched at most {@code request.limit() + 1} rows in the order of the query, which is flipped when {@code
     *     request.backwards()}; the row too many only shows that there are more
     * @param keysOf the order keys of a row, with full precision
     */
    public static <T> SeekPage<T> of(List<T> fetched, PageRequest request, Function<T, Cursor.Keys> keysOf) {
        boolean more = fetched.size() > request.limit();
        var rows = more ? fetched.subList(0, request.limit()) : fetched;
        var ordered = request.backwards() ? rows.reversed() : rows;
        if (ordered.isEmpty()) {
            return new SeekPage<>(List.of(), null, null);
        }
        boolean hasNext = more || request.backwards();
        boolean hasPrevious = request.cursor() != null && (more || !request.backwards());
        return new SeekPage<>(
                ordered,
                hasNext ? Cursor.next(keysOf.apply(ordered.getLast())) : null,
                hasPrevious ? Cursor.previous(keysOf.apply(ordered.getFirst())) : null);
    }

    /**
     * Makes what a search has found of a page when it stops before the page is full; the list goes on behind {@code
     * reached}.
     *
     * @param found fewer than {@code request.limit() + 1} rows in the order of the query
     * @param reached the order keys of the last row that was looked at
     */
    public static <T> SeekPage<T> part(
            List<T> found, PageRequest request, Function<T, Cursor.Keys> keysOf, Cursor.Keys reached) {
        if (request.backwards()) {
            var last = found.isEmpty() ? reached : keysOf.apply(found.getFirst());
            return new SeekPage<>(found.reversed(), Cursor.next(last), Cursor.previous(reached));
        }
        var first = found.isEmpty() ? reached : keysOf.apply(found.getFirst());
        return new SeekPage<>(found, Cursor.next(reached), request.cursor() == null ? null : Cursor.previous(first));
    }

    /** The request for the page after this one, of so many rows; null on the last. */
    public @Nullable PageRequest following(int limit) {
        return next == null ? null : new PageRequest(limit, Cursor.parse(next));
    }

    /** The request for the page before this one, of so many rows; null on the first. */
    public @Nullable PageRequest preceding(int limit) {
        return previous == null ? null : new PageRequest(limit, Cursor.parse(previous));
    }

    /** The same page of other values. */
    public <R> SeekPage<R> map(Function<? super T, ? extends R> change) {
        return new SeekPage<>(data.stream().<R>map(change).toList(), next, previous);
    }
}
