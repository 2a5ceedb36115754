package millrace.flow;

/** Whether a flow's trigger is registered. */
public enum FlowStatus {
    ENABLED,
    DISABLED
}
