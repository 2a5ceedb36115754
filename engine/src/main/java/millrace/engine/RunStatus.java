package millrace.engine;

/** The statuses of a run and which of them end it (reference/engine-semantics §2). */
public enum RunStatus {
    QUEUED(false, false),
    RUNNING(false, false),
    PAUSED(false, false),
    SUCCEEDED(true, false),
    FAILED(true, true),
    INTERNAL_ERROR(true, true),
    TIMEOUT(true, true),
    MEMORY_LIMIT_EXCEEDED(true, true),
    LOG_SIZE_EXCEEDED(true, false),
    QUOTA_EXCEEDED(true, true),
    CANCELED(true, false);

    private final boolean terminal;
    private final boolean failed;

    RunStatus(boolean terminal, boolean failed) {
        this.terminal = terminal;
        this.failed = failed;
    }

    public boolean terminal() {
        return terminal;
    }

    /** The reference's failed group, which LOG_SIZE_EXCEEDED is not in. */
    public boolean failed() {
        return failed;
    }
}
