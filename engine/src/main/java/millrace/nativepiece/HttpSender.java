package millrace.nativepiece;

/**
 * The guarded way to the outside: checks every address that is really connected to, each redirect anew, caps the size
 * of answers and ends at the deadline. Safe for many threads.
 */
public interface HttpSender {
    HttpOutcome send(HttpCall call);
}
