package millrace.journal;

/** The run belongs to another process now: whoever catches this stops working on it and writes nothing more. */
public final class LeaseLost extends RuntimeException {
    private static final long serialVersionUID = 1;

    LeaseLost(String runId) {
        super("run " + runId + " was taken over by another process");
    }
}
