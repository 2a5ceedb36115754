package millrace.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * What the database knows about a run, read at one moment.
 *
 * @param failedStep the name of the step that ended the run
 * @param message why it did
 * @param held whether it came with a restored database that is held
 * @param asks whether a person is asked if a call has happened
 * @param process the name of the process that executes it; null without one
 * @param silence since when that process has not been heard of; null when it is gone
 * @param processes how many processes are alive
 * @param executed how many runs they execute
 * @param ofProject how many of those belong to the run's project
 * @param ahead how many runs are taken before this one
 * @param documents the run's packed journal
 */
record RunFacts(
        String runId,
        String projectId,
        RunStatus status,
        @Nullable String failedStep,
        @Nullable String message,
        boolean cancelAsked,
        boolean held,
        boolean asks,
        int takeovers,
        @Nullable Instant dueAt,
        @Nullable String process,
        @Nullable Duration silence,
        int processes,
        int executed,
        int ofProject,
        int ahead,
        List<byte[]> documents) {
    RunFacts {
        documents = List.copyOf(documents);
    }

    boolean ended() {
        return status.terminal();
    }
}
