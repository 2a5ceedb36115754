package millrace.http;

import org.jspecify.annotations.Nullable;

/**
 * Which page of a list is asked for; made by {@link QueryParams#page}.
 *
 * @param limit at most so many rows
 * @param cursor where the page begins or ends, null for the first page
 */
public record PageRequest(int limit, @Nullable Cursor cursor) {
    /** The rows before the cursor are asked for: the store queries in flipped order. */
    public boolean backwards() {
        return cursor != null && cursor.backwards();
    }

    /** How many rows a store fetches: one more than the page holds. */
    public int fetchSize() {
        return limit + 1;
    }
}
