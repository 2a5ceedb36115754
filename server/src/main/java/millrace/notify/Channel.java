package millrace.notify;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this process knows of the runs of one project while somebody listens, and who does. All methods may be called from
 * any thread; the lock is never held while the database is asked.
 */
final class Channel {
    private static final int MAX_KEPT = 500;
    private static final int MAX_KNOWN = 5_000;
    private static final int MAX_CHANGED = 2_000;

    private final List<Listener> listeners = new ArrayList<>();
    private final ArrayDeque<LiveEvent> kept = new ArrayDeque<>();
    private final LinkedHashSet<String> changed = new LinkedHashSet<>();
    private final Map<String, Known> known = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MAX_KNOWN;
        }
    };

    private long number;
    private long emptySince;

    /**
     * What has been told of a run.
     *
     * @param nextSeq the first row of its journal that has not
     */
    record Known(String status, int nextSeq, boolean ended) {}

    /** @param after the last event that the listener has got, negative for none */
    synchronized void join(Listener listener, long after) {
        if (after >= 0 && (kept.isEmpty() || kept.getFirst().number() <= after + 1)) {
            kept.stream().filter(event -> event.number() > after).forEach(listener::offer);
        }
        listeners.add(listener);
    }

    synchronized void leave(Listener listener, long now) {
        listeners.remove(listener);
        emptySince = now;
    }

    /** Nobody has listened for so long that nobody is about to come back. */
    synchronized boolean forsaken(long now, long nanos) {
        return listeners.isEmpty() && now - emptySince > nanos;
    }

    /** More changes than a reader could follow are left out. */
    synchronized void change(String runId) {
        if (changed.size() < MAX_CHANGED) {
            changed.add(runId);
        }
    }

    synchronized Set<String> takeChanged() {
        var taken = new LinkedHashSet<>(changed);
        changed.clear();
        return taken;
    }

    synchronized @Nullable Known known(String runId) {
        return known.get(runId);
    }

    synchronized void know(String runId, Known more) {
        known.put(runId, more);
    }

    /** The runs that had not ended when they were told of. */
    synchronized Set<String> open() {
        var open = new LinkedHashSet<String>();
        known.forEach((runId, run) -> {
            if (!run.ended()) {
                open.add(runId);
            }
        });
        return open;
    }

    synchronized void tell(String name, Object data) {
        var event = new LiveEvent(++number, name, data);
        kept.addLast(event);
        if (kept.size() > MAX_KEPT) {
            kept.removeFirst();
        }
        listeners.forEach(listener -> listener.offer(event));
        listeners.removeIf(Listener::ended);
    }

    synchronized void end() {
        listeners.forEach(Listener::end);
        listeners.clear();
    }
}
