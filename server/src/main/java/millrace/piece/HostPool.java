package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import millrace.engine.StepResult;

/** The Node hosts of this process. Callers are virtual threads, which block until their call has ended. */
public final class HostPool implements AutoCloseable {
    private final HostSettings settings;

    public HostPool(HostSettings settings) {
        this.settings = settings;
    }

    /** Starts the warm hosts in the background and returns at once; without it the first call starts its host. */
    public void warmUp() {
        throw new UnsupportedOperationException(settings.toString());
    }

    /** True when code of this text must be treated as effectful; always so where the wall can't be raised. */
    public boolean effectful(String source, String packageJson) {
        return !walled() || Effects.of(source, packageJson) == Effects.EFFECTFUL;
    }

    /** True when pure code is shut in by the operating system; without it expressions count as effectful too. */
    public boolean walled() {
        throw new UnsupportedOperationException();
    }

    /**
     * Evaluates JavaScript expressions over a state; a source that is undefined there or throws has no key in the
     * answer.
     *
     * @param state {@code {stepName: {output, error}, …, connections: {}, variables: {}}}; its keys are the names that
     *     the expressions see
     * @throws HostFailure when the time is over or the host is lost twice
     */
    public Map<String, JsonNode> evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
        throw new UnsupportedOperationException();
    }

    /** Runs one code step; every way in which user code can end is a result. */
    public StepResult runCode(CodeCall call) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
