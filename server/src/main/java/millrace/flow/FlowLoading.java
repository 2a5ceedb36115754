package millrace.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import millrace.database.Tx;
import millrace.engine.Program;

/** Tries whether this program reads every stored version of every flow, as after an upgrade. Changes nothing. */
public final class FlowLoading {
    private static final int BATCH = 500;
    private static final int TOLD = 100;

    private final FlowVersionStore versions = new FlowVersionStore();

    /**
     * What was tried.
     *
     * @param bySchema how many versions load, by their schema version; "" for none
     * @param failures the first of those that do not, each with its id and the reason
     */
    public record Loaded(int tried, Map<String, Integer> bySchema, List<String> failures) {
        public Loaded {
            bySchema = Map.copyOf(bySchema);
            failures = List.copyOf(failures);
        }
    }

    public Loaded tryAll(Tx tx) {
        var bySchema = new TreeMap<String, Integer>();
        var failures = new ArrayList<String>();
        int tried = 0;
        var ids = versions.idsAfter(tx, "", BATCH);
        while (!ids.isEmpty()) {
            for (var id : ids) {
                tried++;
                try {
                    var version = versions.findForRun(tx, id).orElseThrow();
                    Program.of(version.trigger(), Program.Effects.ALL);
                    bySchema.merge(version.schemaVersion() == null ? "" : version.schemaVersion(), 1, Integer::sum);
                } catch (RuntimeException e) {
                    if (failures.size() < TOLD) {
                        failures.add("flow version " + id + ": " + e.getMessage());
                    }
                }
            }
            ids = versions.idsAfter(tx, ids.getLast(), BATCH);
        }
        return new Loaded(tried, bySchema, failures);
    }
}
