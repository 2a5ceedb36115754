package millrace.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

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

    /**
     * The step at which the journal of a run stops, when the run ends there and nobody knows whether it has happened.
     *
     * @return null when no step is in doubt
     */
    public static @Nullable FailedStep inDoubt(Replay replay, String message) {
        var path = replay.inDoubt();
        if (path == null) {
            return null;
        }
        var name = path.substring(path.lastIndexOf('/') + 1);
        return new FailedStep(name, name, message);
    }

    /** As the run's field {@code failedStep} shows it: name, displayName, message. */
    public ObjectNode json() {
        return Json.object().put("name", name).put("displayName", displayName).put("message", message);
    }
}
