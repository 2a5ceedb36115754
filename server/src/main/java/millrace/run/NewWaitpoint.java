package millrace.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A waitpoint to be opened for a step. Body of {@code POST /waitpoints} (reference/rest-api §7).
 *
 * @param stepName the step's path
 * @param resumeDateTime when the wait ends by itself; required for DELAY
 */
public record NewWaitpoint(
        String flowRunId,
        String projectId,
        String stepName,
        Type type,
        @Nullable Version version,
        @Nullable Instant resumeDateTime,
        @Nullable ObjectNode responseToSend,
        @Nullable String workerHandlerId,
        @Nullable String httpRequestId) {

    /** What ends the wait: a time, or a call. */
    public enum Type {
        DELAY,
        WEBHOOK
    }

    /** Whose the answer is: V0 whichever step's that waits, V1 this step's. */
    public enum Version {
        V0,
        V1
    }

    /**
     * What was opened.
     *
     * @param resumeUrl ends the wait
     */
    public record Opened(String id, String resumeUrl) {}
}
