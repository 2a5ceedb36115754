package millrace.flow;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import millrace.definition.FlowVersion;
import org.jspecify.annotations.Nullable;

/**
 * What runs look up, kept in memory. May be used from any thread.
 *
 * <ol>
 *   <li>An edit in this process is seen by every look-up that begins after its commit.
 *   <li>An edit in another process is seen after one second at the latest: an entry is renewed after half a second, by
 *       one caller while the others take the old one, and never given away after a second.
 *   <li>A locked version never changes, so it is kept until newer ones push it out; drafts are not kept.
 * </ol>
 */
final class RunnableFlows {
    private static final long FRESH = Duration.ofMillis(500).toNanos();
    private static final long USABLE = Duration.ofSeconds(1).toNanos();
    private static final int MAX_FLOWS = 20_000;
    private static final int MAX_VERSIONS = 500;

    private record Entry(RunnableFlow flow, long readAt, AtomicBoolean renewing) {}

    private final Function<String, Optional<RunnableFlow>> flowLoader;
    private final Function<String, Optional<FlowVersion>> versionLoader;
    private final Map<String, Entry> flows = new ConcurrentHashMap<>();
    /** Counts edits, so that what was read before one is not kept after it. */
    private final AtomicLong edits = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, FlowVersion> versions = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, FlowVersion> eldest) {
            return size() > MAX_VERSIONS;
        }
    };

    RunnableFlows(
            Function<String, Optional<RunnableFlow>> flowLoader,
            Function<String, Optional<FlowVersion>> versionLoader) {
        this.flowLoader = flowLoader;
        this.versionLoader = versionLoader;
    }

    Optional<RunnableFlow> find(String flowId) {
        Entry entry = flows.get(flowId);
        if (entry != null) {
            long age = System.nanoTime() - entry.readAt();
            if (age < FRESH || (age < USABLE && !entry.renewing().compareAndSet(false, true))) {
                return Optional.of(entry.flow());
            }
        }
        return load(flowId);
    }

    private Optional<RunnableFlow> load(String flowId) {
        long before = edits.get();
        long readAt = System.nanoTime();
        var found = flowLoader.apply(flowId);
        if (found.isEmpty()) {
            flows.remove(flowId);
            return found;
        }
        if (flows.size() >= MAX_FLOWS) {
            flows.clear();
        }
        var entry = new Entry(found.get(), readAt, new AtomicBoolean());
        flows.put(flowId, entry);
        if (edits.get() != before) {
            flows.remove(flowId, entry);
        }
        return found;
    }

    /** An edit of the flow was committed. */
    void forget(String flowId) {
        edits.incrementAndGet();
        flows.remove(flowId);
    }

    Optional<FlowVersion> version(String versionId) {
        FlowVersion kept = kept(versionId);
        if (kept != null) {
            return Optional.of(kept);
        }
        var found = versionLoader.apply(versionId);
        found.filter(version -> version.state() == FlowVersion.State.LOCKED).ifPresent(this::keep);
        return found;
    }

    private @Nullable FlowVersion kept(String versionId) {
        lock.lock();
        try {
            return versions.get(versionId);
        } finally {
            lock.unlock();
        }
    }

    private void keep(FlowVersion version) {
        lock.lock();
        try {
            versions.put(version.id(), version);
        } finally {
            lock.unlock();
        }
    }
}
