package millrace.piece;

/** How one request to a host ended. */
sealed interface Outcome {
    record Answered(Frame frame) implements Outcome {}

    /** The request's deadline passed. */
    record TimedOut() implements Outcome {}

    /**
     * The host ended, or had to be ended, before it answered.
     *
     * @param memory true when it ran out of memory
     */
    record Lost(String reason, boolean memory) implements Outcome {}

    /** The waiting thread was interrupted; its flag is set again. */
    record Interrupted() implements Outcome {}

    Outcome TIMED_OUT = new TimedOut();
    Outcome INTERRUPTED = new Interrupted();
}
