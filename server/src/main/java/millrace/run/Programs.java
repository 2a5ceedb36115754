package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import millrace.definition.FlowJson;
import millrace.definition.Trigger;
import millrace.engine.JournalRecord;
import millrace.engine.Program;

/** Compiled flow versions, the least recently used forgotten. Locked versions never change, so neither do they. */
final class Programs {
    private static final int MAX_KEPT = 1_000;

    private final Function<String, Optional<Trigger>> versions;
    private final Program.Effects effects;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Program> kept = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Program> eldest) {
            return size() > MAX_KEPT;
        }
    };

    /** @param versions finds the document of a flow version */
    Programs(Function<String, Optional<Trigger>> versions, Program.Effects effects) {
        this.versions = versions;
        this.effects = effects;
    }

    /** The program of a run; empty when its version is gone, or the step that it tests. */
    Optional<Program> of(JournalRecord.Began began) {
        var draft = began.draft();
        if (draft == null) {
            return published(began.flowVersionId());
        }
        var test = began.origin().test();
        return test == null ? Optional.of(draft(draft)) : step(draft, test.stepName());
    }

    /** The program of a published version; empty when the version is gone. */
    private Optional<Program> published(String flowVersionId) {
        lock.lock();
        try {
            var program = kept.get(flowVersionId);
            if (program != null) {
                return Optional.of(program);
            }
        } finally {
            lock.unlock();
        }
        var compiled = versions.apply(flowVersionId).map(trigger -> Program.of(trigger, effects));
        compiled.ifPresent(program -> keep(flowVersionId, program));
        return compiled;
    }

    private void keep(String flowVersionId, Program program) {
        lock.lock();
        try {
            kept.put(flowVersionId, program);
        } finally {
            lock.unlock();
        }
    }

    /** The program of one step of such a copy; empty when it has no such step. */
    private Optional<Program> step(JsonNode trigger, String stepName) {
        return Program.ofStep(FlowJson.read(trigger), stepName, effects);
    }

    /** The program of a run's own copy of a draft. */
    private Program draft(JsonNode trigger) {
        return Program.of(FlowJson.read(trigger), effects);
    }
}
