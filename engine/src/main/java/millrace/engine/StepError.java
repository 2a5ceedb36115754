package millrace.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Why a step failed.
 *
 * @param message what a person reads, at most 2,000 characters
 * @param friendly the object of reference/engine-semantics §4.2; its JSON text becomes the step's {@code errorMessage}
 */
public record StepError(String message, ObjectNode friendly) {
    private static final int MESSAGE_LIMIT = 2_000;
    private static final int RAW_LIMIT = 16_000;

    public static StepError of(String message) {
        return of(message, "Error", message);
    }

    /**
     * @param errorName the error's class; left out when it is a plain Error or Object
     * @param raw the printed original, cut to 16,000 characters
     */
    public static StepError of(String message, String errorName, String raw) {
        var shown = message.isBlank() ? "Unknown error" : cut(message, MESSAGE_LIMIT);
        var friendly = Json.object().put("__apErrorVersion", 1).put("message", shown);
        if (!errorName.isEmpty() && !"Error".equals(errorName) && !"Object".equals(errorName)) {
            friendly.put("errorName", errorName);
        }
        friendly.put("raw", cut(raw, RAW_LIMIT));
        return new StepError(shown, friendly);
    }

    private static String cut(String text, int limit) {
        return text.length() <= limit ? text : text.substring(0, limit) + "…";
    }
}
