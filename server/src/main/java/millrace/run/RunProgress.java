package millrace.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What has happened in a run since somebody looked last.
 *
 * @param run without its steps
 * @param steps {@code {name, path, output}} each, in order (reference/engine-semantics §16)
 * @param nextSeq where to look on from
 */
public record RunProgress(FlowRun run, List<ObjectNode> steps, int nextSeq) {
    public RunProgress {
        steps = List.copyOf(steps);
    }

    /** A run that has not ended, as its queue row says; {@code nextSeq} counts the rows of its journal. */
    public record Open(String status, int nextSeq) {}
}
