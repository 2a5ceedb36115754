package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import millrace.definition.OnInDoubt;
import org.jspecify.annotations.Nullable;

/** What a run wants done next. The engine never does it; whoever drives the run does, and answers with an {@link Event}. */
public sealed interface Command {

    /** JavaScript expressions that need a host; answered by {@link Event.Evaluated}. Pure: nothing has to be durable. */
    record Evaluate(List<String> sources, ObjectNode state) implements Command {
        public Evaluate {
            sources = List.copyOf(sources);
        }
    }

    /** A connection's value; answered by {@link Event.Fetched}. */
    record FetchConnection(String externalId) implements Command {}

    /** A project variable's value; answered by {@link Event.Fetched}. */
    record FetchVariable(String name) implements Command {}

    /** A call of user code or of a piece; answered by {@link Event.Called}. */
    sealed interface Call extends Command {
        String path();

        /** Counts failed attempts that retryOnFailure repeats, never crashes; the first is 1. */
        int attempt();

        CompiledStep step();

        /** True when all records of the run must be durable before the call starts. */
        boolean effectful();
    }

    record CallCode(String path, int attempt, CompiledStep.Code step, JsonNode input) implements Call {
        @Override
        public boolean effectful() {
            return step.effectful();
        }
    }

    /** @param resumed why a step that paused is called again; null for its first call */
    record CallPiece(
            String path,
            int attempt,
            CompiledStep.PieceCall step,
            ObjectNode input,
            @Nullable Resumption resumed) implements Call {
        @Override
        public boolean effectful() {
            return step.effectful();
        }
    }

    /**
     * The process that made this call is gone and left no result: the effect may have happened. Answered by
     * {@link Event.DoubtNoted} once the doubt is listed.
     */
    record InDoubt(String path, int attempt, String type, OnInDoubt choice) implements Command {}

    /** Answers the waiting caller while the run goes on; the records before it must be durable first. */
    record Reply(Response response) implements Command {}

    /** The execution is over; nothing answers it. */
    sealed interface Leave extends Command {}

    /**
     * The run pauses: when its records, the last of which is this one, are durable, it leaves memory. A new execution
     * over the records and a {@link JournalRecord.Resumed} goes on.
     *
     * @param opened whether the waitpoint is there already
     * @param response what the waiting caller gets then
     */
    record Pause(
            JournalRecord.Paused paused,
            boolean opened,
            @Nullable Response response) implements Leave {}

    /**
     * The run waits until a person has said whether this call happened: it leaves memory, and goes on with the record
     * that the answer writes, {@link JournalRecord.Finished} or {@link JournalRecord.Attempted}.
     */
    record Ask(String path, int attempt, String type) implements Leave {}

    /**
     * Waits before an attempt of a step; answered by {@link Event.Waited}. The moment when the wait ends becomes durable
     * before it begins ({@link JournalRecord.BackingOff}).
     *
     * @param attempt the attempt that follows
     * @param until when the wait ends, once that is on record; else it lasts {@code delay} from now on
     */
    record BackOff(
            String path,
            int attempt,
            Duration delay,
            @Nullable Instant until) implements Command {}

    /**
     * The run is over.
     *
     * @param response what the step that stopped the run answers, once the end is durable
     */
    record End(
            RunStatus status,
            @Nullable FailedStep failedStep,
            @Nullable Response response,
            int stepsCount) implements Leave {}
}
