package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What happens when a code or piece step fails (flow-format §5.6), or when nobody knows whether it was done. */
public record ErrorHandling(boolean continueOnFailure, boolean retryOnFailure, OnInDoubt onInDoubt) {
    static ErrorHandling of(ObjectNode settings) {
        var options = settings.path("errorHandlingOptions");
        return new ErrorHandling(
                options.path("continueOnFailure").path("value").asBoolean(false),
                options.path("retryOnFailure").path("value").asBoolean(false),
                OnInDoubt.of(settings));
    }
}
