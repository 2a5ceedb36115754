package millrace.http;

/** Answers a raw exchange: reads bytes, writes bytes; {@link Exchange#answer} must be called exactly once. */
@FunctionalInterface
public interface RawHandler {
    void handle(Exchange exchange);
}
