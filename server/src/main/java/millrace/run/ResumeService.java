package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import millrace.access.Patience;
import millrace.database.Database;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * Resumes runs from outside (reference/rest-api §7). Who knows a waitpoint's address may complete it, once; nobody is
 * asked who they are, and they learn nothing but the run's status.
 */
public final class ResumeService {
    private final Database database;
    private final RunService runs;
    private final WaitpointStore waitpoints = new WaitpointStore();

    public ResumeService(Database database, RunService runs) {
        this.database = database;
        this.runs = runs;
    }

    /**
     * What a resume call would meet.
     *
     * @param open false when the waitpoint is completed, another run's or unknown
     */
    public record Resumable(String projectId, RunStatus status, boolean open) {}

    /**
     * Looks before the payload is read; empty for an unknown run.
     *
     * @param waitpointId null for whichever the run waits at
     */
    public Optional<Resumable> find(String runId, @Nullable String waitpointId) {
        return database.read(tx -> waitpoints.find(tx, runId, waitpointId))
                .map(target -> new Resumable(target.projectId(), target.status(), target.open() != null));
    }

    /**
     * Completes the waitpoint. When this answers true, the run will go on with this payload, whatever becomes of this
     * process; one that does not wait yet does so as soon as it waits.
     *
     * @return false when somebody else was first, the time was over, or there is no such waitpoint
     */
    public boolean resume(String runId, @Nullable String waitpointId, JsonNode payload) {
        var done = database.transaction(tx -> waitpoints.complete(tx, runId, waitpointId, payload, null));
        if (done) {
            runs.wake();
        }
        return done;
    }

    /**
     * Completes the waitpoint and waits for what the run answers next; the run goes on in this process.
     *
     * @param atMost how long the caller waits; the run goes on after that
     * @return empty when {@link #resume} would answer false
     */
    public Optional<Reply> call(String runId, @Nullable String waitpointId, JsonNode payload, Duration atMost)
            throws InterruptedException {
        var reply = runs.expectReply(runId);
        // What the request has waited for the database counts.
        var left = Patience.current().map(one -> one.left(atMost)).orElse(atMost);
        try {
            if (!database.transaction(tx -> waitpoints.complete(tx, runId, waitpointId, payload, runs.processId()))) {
                return Optional.empty();
            }
            runs.wake();
            return Optional.of(reply.get(left.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.of(new Reply.TimedOut());
        } catch (ExecutionException e) {
            throw new IllegalStateException("a reply failed", e);
        } finally {
            runs.forgetCaller(runId, reply);
        }
    }
}
