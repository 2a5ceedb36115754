package millrace.piece;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Hosts that serve one project each, at most so many; one that nobody uses makes room, least recently used first. */
final class ProjectHosts {
    private final Supplier<HostSlot> newSlot;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    /** In the order of use, least recent first; guarded by the lock. */
    private final Map<String, Place> places = new LinkedHashMap<>(16, 0.75f, true);

    private static final class Place {
        final HostSlot slot;
        int users;
        long lastUsed = System.nanoTime();

        Place(HostSlot slot) {
            this.slot = slot;
        }
    }

    ProjectHosts(Supplier<HostSlot> newSlot, int most) {
        this.newSlot = newSlot;
        this.most = most;
    }

    Outcome call(String projectId, HostRequest request, long deadline) throws IOException {
        Place place;
        try {
            place = take(projectId, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.INTERRUPTED;
        }
        if (place == null) {
            return Outcome.TIMED_OUT;
        }
        try {
            return place.slot.call(request, deadline);
        } finally {
            giveBack(place);
        }
    }

    private @Nullable Place take(String projectId, long deadline) throws InterruptedException {
        HostSlot evicted = null;
        lock.lock();
        try {
            var place = places.get(projectId);
            while (place == null && places.size() >= most) {
                evicted = evictIdle();
                if (evicted == null && freed.awaitNanos(deadline - System.nanoTime()) <= 0) {
                    return null;
                }
                place = places.get(projectId);
            }
            if (place == null) {
                place = new Place(newSlot.get());
                places.put(projectId, place);
            }
            place.users++;
            return place;
        } finally {
            lock.unlock();
            if (evicted != null) {
                evicted.close();
            }
        }
    }

    private @Nullable HostSlot evictIdle() {
        for (var all = places.values().iterator(); all.hasNext(); ) {
            var place = all.next();
            if (place.users == 0) {
                all.remove();
                return place.slot;
            }
        }
        return null;
    }

    private void giveBack(Place place) {
        lock.lock();
        try {
            place.users--;
            place.lastUsed = System.nanoTime();
            freed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the hosts that nobody has used for so long. */
    void closeUnused(long now, long unusedMinutes) {
        List<HostSlot> unused = new ArrayList<>();
        lock.lock();
        try {
            places.values().removeIf(place -> {
                var old = place.users == 0 && now - place.lastUsed > TimeUnit.MINUTES.toNanos(unusedMinutes);
                if (old) {
                    unused.add(place.slot);
                }
                return old;
            });
        } finally {
            lock.unlock();
        }
        unused.forEach(HostSlot::close);
    }
}
