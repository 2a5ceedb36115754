package millrace.engine;

/** Whether a run counts: PRODUCTION runs a published version, TESTING a draft. */
public enum RunEnvironment {
    PRODUCTION,
    TESTING
}
