package millrace.nativepiece;

/** How events reach a trigger (engine-semantics §10.1). */
public enum TriggerStrategy {
    POLLING,
    WEBHOOK,
    APP_WEBHOOK,
    MANUAL
}
