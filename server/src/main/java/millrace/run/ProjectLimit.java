package millrace.run;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import millrace.database.Database;
import millrace.engine.RunEnvironment;

/**
 * How many production runs a project may have at once, in all processes together. Accepted runs wait in the queue for
 * their turn (the claim counts); this is for runs whose caller can't wait. They count from their first moment: here at
 * once, for the others as soon as their queue row is there.
 *
 * <p>May be used from any thread.
 */
final class ProjectLimit {
    private final Database database;
    private final int standard;
    private final LimitStore store = new LimitStore();
    /** The runs of this process whose callers wait, by project, oldest first. */
    private final ConcurrentHashMap<String, LinkedHashSet<String>> here = new ConcurrentHashMap<>();

    /** @param standard for projects that set no number of their own; 0 when nobody counts */
    ProjectLimit(Database database, int standard) {
        this.database = database;
        this.standard = standard;
    }

    boolean counts(RunEnvironment environment) {
        return standard > 0 && environment == RunEnvironment.PRODUCTION;
    }

    /** Whether the project has room for one more run; {@link #leave} gives it back. */
    boolean tryEnter(String projectId, String runId) {
        var before = Set.copyOf(here.compute(projectId, (id, runs) -> {
            var more = runs == null ? new LinkedHashSet<String>() : new LinkedHashSet<>(runs);
            more.add(runId);
            return more;
        }));
        var room = false;
        try {
            room = database.read(tx -> {
                var running = store.running(tx, projectId);
                running.removeAll(before);
                return running.size() + before.size() <= store.limit(tx, projectId, standard);
            });
        } finally {
            if (!room) {
                leave(projectId, runId);
            }
        }
        return room;
    }

    void leave(String projectId, String runId) {
        here.computeIfPresent(projectId, (id, runs) -> {
            var less = new LinkedHashSet<>(runs);
            less.remove(runId);
            return less.isEmpty() ? null : less;
        });
    }
}
