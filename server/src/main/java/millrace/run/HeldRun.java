package millrace.run;

import java.time.Instant;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * A run that came with a restored database and stays still.
 *
 * @param stepInDoubt path of the step that was called and had no result; null without one
 * @param dueAt when its pause ends or ended; null when it waits for nothing
 */
public record HeldRun(
        String id,
        String projectId,
        String flowId,
        RunStatus status,
        @Nullable String stepInDoubt,
        @Nullable Instant dueAt) {}
