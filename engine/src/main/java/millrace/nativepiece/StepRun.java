package millrace.nativepiece;

import java.time.Instant;
import millrace.engine.Resumption;
import org.jspecify.annotations.Nullable;

/** The run that a call belongs to, as far as an action may see it. */
public interface StepRun {
    String id();

    /** When the call was made. */
    Instant now();

    /** Why the action is called again after it paused; null for its first call. */
    @Nullable
    Resumption resumed();

    /**
     * A new place where the run can be resumed. Nobody can use it before the step's result, which names it, is durable:
     * a step that is repeated after a crash makes another one.
     */
    Waitpoint newWaitpoint();

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
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public @Nullable Resumption resumed() {
            return null;
        }

        @Override
        public Waitpoint newWaitpoint() {
            throw new PieceFailure("This action can only be used in a run.");
        }
    };
}
