package millrace.http;

/**
 * The way to the reader of a stream of server-sent events. What is told leaves at once; a reader who is gone ends the
 * stream with an exception. Used by one thread.
 */
public interface EventSink {
    /**
     * @param id what a reader who comes back names as the last that it has got
     * @param data written as JSON
     */
    void event(String id, String name, Object data);

    /** What readers ignore; it keeps the connection open. */
    void comment(String text);

    /** What is told on a stream, until it returns. */
    @FunctionalInterface
    interface Telling {
        void tell(EventSink sink) throws InterruptedException;
    }
}
