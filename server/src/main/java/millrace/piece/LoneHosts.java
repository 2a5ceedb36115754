package millrace.piece;

import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import millrace.piece.HostLauncher.HostClass;

/**
 * Hosts that serve one call at a time: for the calls that lost their host, of which one is to blame. A pure host that
 * has answered serves the next; every other one ends with its call.
 */
final class LoneHosts {
    private static final int KEPT = 4;
    private static final long KEPT_SECONDS = 30;
    private static final int LONG_RUNNERS = 32;

    /** Starts a host that waits for its one call however long it takes. */
    interface Start {
        Host host(HostClass hostClass) throws IOException;
    }

    private final Start start;
    private final long longAfter;
    private final Semaphore places;
    // A call that runs long gives its place to the next, so that a few endless ones do not hold up all others.
    private final Semaphore longPlaces = new Semaphore(LONG_RUNNERS);
    private final ConcurrentLinkedDeque<Host> kept = new ConcurrentLinkedDeque<>();

    LoneHosts(Start start, int atOnce, long longAfterNanos) {
        this.start = start;
        this.places = new Semaphore(atOnce);
        this.longAfter = longAfterNanos;
    }

    Outcome call(HostClass hostClass, HostRequest request, long deadline) throws IOException {
        try {
            if (!places.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                return Outcome.TIMED_OUT;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.INTERRUPTED;
        }
        var place = places;
        try {
            var host = hostClass == HostClass.PURE && kept.poll() instanceof Host one && one.accepting()
                    ? one
                    : start.host(hostClass);
            var call = host.begin(request, deadline);
            var outcome = call.await(longAfter);
            if (outcome == null) {
                if (longPlaces.tryAcquire()) {
                    place.release();
                    place = longPlaces;
                }
                outcome = call.await();
            }
            host.settle(call, outcome);
            finish(host, hostClass, outcome);
            return outcome;
        } finally {
            place.release();
        }
    }

    private void finish(Host host, HostClass hostClass, Outcome outcome) {
        if (hostClass == HostClass.PURE && outcome instanceof Outcome.Answered && kept.size() < KEPT) {
            kept.push(host);
        } else {
            host.close();
        }
    }

    void closeUnused(long now) {
        kept.removeIf(host -> {
            var old = host.unused(now).toSeconds() >= KEPT_SECONDS;
            if (old) {
                host.close();
            }
            return old;
        });
    }
}
