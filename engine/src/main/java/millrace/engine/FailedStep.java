package millrace.engine;

/**
 * The step that ended a run.
 *
 * @param message cut to 700 characters and an ellipsis
 */
public record FailedStep(String name, String displayName, String message) {
    private static final int MESSAGE_LIMIT = 700;

    public FailedStep {
        message = message.length() <= MESSAGE_LIMIT ? message : message.substring(0, MESSAGE_LIMIT) + "…";
    }
}
