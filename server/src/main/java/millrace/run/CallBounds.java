package millrace.run;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds runs that runs of our own start: how many may stand one below the other, and how often a flow may start itself,
 * directly or through others. The rate is counted by each process for itself; runs that come from outside and flows that
 * call other flows have none. May be used from any thread.
 */
public final class CallBounds {
    private static final int MAX_FLOWS = 10_000;
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private final int maxDepth;
    private final int maxSelfStarts;
    private final LongSupplier nanos;
    private final ReentrantLock lock = new ReentrantLock();
    /** When a flow has started itself in the last minute. */
    private final Map<String, Deque<Long>> started = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Deque<Long>> eldest) {
            return size() > MAX_FLOWS;
        }
    };

    /**
     * @param maxDepth how many runs may stand above a run
     * @param maxSelfStarts how often a flow may start itself in a minute
     * @param nanos a clock that only goes forward
     */
    public CallBounds(int maxDepth, int maxSelfStarts, LongSupplier nanos) {
        this.maxDepth = maxDepth;
        this.maxSelfStarts = maxSelfStarts;
        this.nanos = nanos;
    }

    /**
     * Why a run must not be started; null when it may, and is counted.
     *
     * @param callers the flows whose runs led to it, the first of them first
     * @param flowId the flow that it executes
     */
    public @Nullable String refusal(List<String> callers, String flowId) {
        if (callers.size() > maxDepth) {
            return "Flows have called each other " + callers.size() + " levels deep: at most " + maxDepth
                    + " are allowed (AP_MAX_FLOW_CALL_DEPTH).";
        }
        if (callers.contains(flowId) && !counted(flowId)) {
            return "The flow has started itself " + maxSelfStarts
                    + " times within a minute, which is the limit (AP_MAX_SELF_STARTS_PER_MINUTE).";
        }
        return null;
    }

    private boolean counted(String flowId) {
        lock.lock();
        try {
            var now = nanos.getAsLong();
            var times = started.computeIfAbsent(flowId, id -> new ArrayDeque<>());
            while (!times.isEmpty() && now - times.getFirst() > MINUTE) {
                times.removeFirst();
            }
            if (times.size() >= maxSelfStarts) {
                return false;
            }
            times.addLast(now);
            return true;
        } finally {
            lock.unlock();
        }
    }
}
