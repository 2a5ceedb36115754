package millrace.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;

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

    /** As the run's field {@code failedStep} shows it: name, displayName, message. */
    public ObjectNode json() {
        return Json.object().put("name", name).put("displayName", displayName).put("message", message);
    }
}
