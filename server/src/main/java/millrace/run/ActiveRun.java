package millrace.run;

import java.util.concurrent.CompletableFuture;
import millrace.engine.Execution;
import millrace.journal.RunJournal;

/**
 * A run being executed in this process.
 *
 * @param contextKey names the code contexts of the version (or draft) that is executed
 * @param deadlineNanos when its active time is over, by {@code System.nanoTime()}
 * @param cancellation how others stop it
 * @param reply completed once, with the first thing the caller can be told
 */
record ActiveRun(
        RunJournal journal,
        Execution execution,
        String contextKey,
        long deadlineNanos,
        Cancellation cancellation,
        CompletableFuture<Reply> reply) {

    String id() {
        return journal.header().runId();
    }

    String projectId() {
        return journal.header().projectId();
    }
}
