package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.Resumption;
import org.jspecify.annotations.Nullable;

/** The run that a call belongs to, as far as an action may see it. */
public interface StepRun {
    String id();

    /** The flow of the run. */
    String flowId();

    /** What the project's key-value store holds under the key, prefixes included; null when there is no entry. */
    @Nullable
    JsonNode entry(String key);

    /**
     * The value of a connection of the run's project; null when there is none. A step that looks at one gives the run the tag
     * {@code connection:<externalId>} (reference/engine-semantics §8.2).
     *
     * @throws PieceFailure when it must be connected again
     */
    @Nullable
    JsonNode connection(String externalId);

    /** The tables of the run's project. */
    ProjectTables tables();

    /** When the call was made. */
    Instant now();

    /** Whether the step is tested alone: a wait for a time is left out then. */
    boolean stepTest();

    /** Why the action is called again after it paused; null for its first call. */
    @Nullable
    Resumption resumed();

    /**
     * A new place where the run can be resumed. Nobody can use it before the step's result, which names it, is durable:
     * a step that is repeated after a crash makes another one.
     */
    Waitpoint newWaitpoint();

    /** 21 characters that nobody can guess; others each time. */
    String secret();

    /** What started the run. */
    JsonNode triggerOutput();

    /**
     * A run of another flow of the same project, to be put into the step's result.
     *
     * @param externalId names the flow
     * @param payload the new run's trigger output
     * @param waitpointId completed with {@code {body: {status, data}}} when that run ends or answers; null when nobody
     *     waits
     * @throws PieceFailure when there is no such flow, or it is not enabled
     */
    Effect.StartRun startFlow(String externalId, JsonNode payload, @Nullable String waitpointId);

    /**
     * The answer for a run of this server that waits at the address, to be put into the step's result; null when the
     * address is elsewhere.
     */
    Effect.@Nullable CompleteWaitpoint answer(String url, JsonNode body);

    /**
     * @param id names it in the step's result
     * @param url resumes the run when it waits at this waitpoint, in the API's async form; {@code /sync} may be appended
     *     to the path
     * @param anyUrl resumes the run wherever it waits, and if it does not wait yet, where it waits first
     */
    record Waitpoint(String id, String url, String anyUrl) {}

    /** For calls outside a run: the action can't pause. */
    StepRun NONE = new StepRun() {
        @Override
        public String id() {
            return "";
        }

        @Override
        public String flowId() {
            return "";
        }

        @Override
        public @Nullable JsonNode entry(String key) {
            throw onlyInARun();
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            throw onlyInARun();
        }

        @Override
        public ProjectTables tables() {
            throw onlyInARun();
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public boolean stepTest() {
            return false;
        }

        @Override
        public @Nullable Resumption resumed() {
            return null;
        }

        @Override
        public Waitpoint newWaitpoint() {
            throw onlyInARun();
        }

        @Override
        public String secret() {
            throw onlyInARun();
        }

        @Override
        public JsonNode triggerOutput() {
            return Json.object();
        }

        @Override
        public Effect.StartRun startFlow(String externalId, JsonNode payload, @Nullable String waitpointId) {
            throw onlyInARun();
        }

        @Override
        public Effect.@Nullable CompleteWaitpoint answer(String url, JsonNode body) {
            throw onlyInARun();
        }

        private PieceFailure onlyInARun() {
            return new PieceFailure("This action can only be used in a run.");
        }
    };
}
