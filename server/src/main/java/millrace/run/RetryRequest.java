package millrace.run;

/** The body of a retry of one run. */
public record RetryRequest(String projectId, RetryStrategy strategy) {}
