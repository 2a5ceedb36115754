package millrace.piece;

import millrace.engine.StepResult;

/** Expressions that could not be evaluated because their host was lost or their time was over. */
public final class HostFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient StepResult result;

    HostFailure(StepResult result, String message) {
        super(message);
        this.result = result;
    }

    /** How the step that asked ends: Broken(TIMEOUT or MEMORY_LIMIT_EXCEEDED) or Failed. */
    public StepResult result() {
        return result;
    }
}
