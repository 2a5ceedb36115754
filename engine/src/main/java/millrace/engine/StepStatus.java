package millrace.engine;

/** The statuses of one step inside a run (reference/engine-semantics §4.1). */
public enum StepStatus {
    RUNNING,
    SUCCEEDED,
    FAILED,
    PAUSED,
    STOPPED
}
