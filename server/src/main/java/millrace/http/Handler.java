package millrace.http;

import org.jspecify.annotations.Nullable;

/** Answers a call of a JSON route. */
@FunctionalInterface
public interface Handler {
    /**
     * Gives a record, list or JSON tree for the body; an {@link Answer} where status or headers depend on the call; null
     * for no body.
     */
    @Nullable
    Object handle(Call call);
}
