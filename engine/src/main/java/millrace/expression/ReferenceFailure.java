package millrace.expression;

/** An input can't be resolved in a way that fails its step, for example because a connection is missing. */
public final class ReferenceFailure extends RuntimeException {
    /** The error name of {@link #connectionNotFound}. */
    public static final String CONNECTION_NOT_FOUND = "ConnectionNotFound";

    private static final long serialVersionUID = 1;

    private final String errorName;

    /**
     * @param errorName the class name that the step's error carries, for example {@code ConnectionNotFound}
     * @param message for people, without secrets
     */
    public ReferenceFailure(String errorName, String message) {
        // An ordinary outcome of a step: the stack trace would say nothing and cost most of the step.
        super(message, null, false, false);
        this.errorName = errorName;
    }

    public String errorName() {
        return errorName;
    }

    /** The failure of a connection that the project does not have (engine-semantics §5.4). */
    public static ReferenceFailure connectionNotFound(String externalId) {
        return new ReferenceFailure(CONNECTION_NOT_FOUND, "connection (" + externalId + ") not found");
    }
}
