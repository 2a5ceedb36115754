package millrace.run;

/** How a run is retried (reference/engine-semantics §12). */
public enum RetryStrategy {
    /** The same run goes on from the step that failed. */
    FROM_FAILED_STEP,
    /** A new run of the flow's published version, with what started the old one. */
    ON_LATEST_VERSION
}
