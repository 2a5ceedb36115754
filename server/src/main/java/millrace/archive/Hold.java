package millrace.archive;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import millrace.archive.Origin.Identity;
import millrace.archive.Origin.State;
import millrace.database.Database;
import millrace.database.DatabaseRefusal;
import millrace.database.Replication;
import millrace.database.RunFlush;
import millrace.database.Tx;
import millrace.run.HeldCounts;
import millrace.run.HeldRun;
import millrace.run.HeldRuns;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the database is behind the world, and what its operator decides about that. A database that came from an
 * archive, or lies elsewhere than the last server on it found it, is: what was in flight in it has happened since. So
 * may one whose primary is a promoted standby that lacks the newest commits (docs/decisions/0011).
 *
 * <ol>
 *   <li>The first server that starts on it, or that meets the new primary, holds every run that has not ended, before
 *       anything is claimed or written; runs that begin later are not held.
 *   <li>After a promotion that may have lost something, no process goes on with what it has in memory.
 *   <li>Nothing that is held goes on before a person has decided.
 *   <li>A clone is never released.
 * </ol>
 */
public final class Hold implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Hold.class);
    private static final int LISTED = 100;
    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final String REMADE =
            "its tables were made anew since the last server on it, as when a dump is restored";
    private static final String ELSEWHERE =
            "it lies in another PostgreSQL cluster or database than the last server on it found it in";
    private static final String ASYNCHRONOUS =
            "a standby that was not synchronous became its primary, and may lack what the old one did last";
    private static final String LACKING =
            "a standby became its primary that lacks commits which the old one had acknowledged";
    private static final Set<String> MAY_LACK = Set.of(ASYNCHRONOUS, LACKING);
    private static final String RECOVERED = "its PostgreSQL cluster was recovered to a moment in the past";

    private final Database database;
    private final OriginStore origins = new OriginStore();
    private final HeldRuns runs = new HeldRuns();
    private final boolean afterAsyncFailover;
    private volatile boolean clone;
    /** Where this process saw it last. */
    private volatile Identity seen = Identity.SQLITE;

    private volatile Supplier<List<RunFlush>> durable = List::of;
    private @Nullable Thread watch;

    /** @param afterAsyncFailover whether runs are held after the promotion of a standby that was not synchronous */
    public Hold(Database database, boolean afterAsyncFailover) {
        this.database = database;
        this.afterAsyncFailover = afterAsyncFailover;
    }

    /** What is held, as the API and the command line show it. */
    public record Held(
            boolean held,
            boolean asClone,
            @Nullable String reason,
            @Nullable Instant since,
            HeldCounts counts,
            List<HeldRun> runs) {
        public Held {
            runs = List.copyOf(runs);
        }
    }

    /** What becomes of the runs that are held. */
    public enum Decision {
        /** They go on where they were, as if no time had passed. */
        ALL,
        /** What has happened in the world since ends; what is still to come goes on. */
        SKIP_IN_DOUBT,
        /** They end. */
        CANCEL
    }

    /** @param ended how many runs were canceled; @param released how many go on */
    public record Released(int ended, int released) {}

    /** Looks where the database lies and begins to hold when that is not where it was. Called before runs are claimed. */
    public void begin() {
        var origin = database.transaction(this::settle);
        clone = origin.state() == State.CLONE;
        if (origin.state() != State.OWN) {
            say(origin, database.read(runs::counts));
        }
        if (database.dialect().postgres()) {
            database.beforeUse(this::promoted);
            watch = Thread.ofVirtual().name("hold-watch").start(this::watch);
        }
    }

    /** Of each writer of this process the last that it was told is durable: what a promoted standby must have. */
    public void compareWith(Supplier<List<RunFlush>> lastDurable) {
        durable = lastDurable;
    }

    private void promoted(Tx tx) {
        var before = seen;
        var origin = settle(tx);
        if (origin.state() != State.OWN && origin.identity() != null && before.promoted(origin.identity())) {
            say(origin, runs.counts(tx));
        }
    }

    /** Replication may be set anew at any time, and behind a pooler nobody else notices a promotion. */
    private void watch() {
        try {
            while (true) {
                Thread.sleep(LOOK);
                try {
                    if (!database.read(origins::identity).equals(seen)) {
                        database.transact(this::promoted);
                    }
                } catch (RuntimeException e) {
                    log.debug("it is not known where the database lies: {}", e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void say(Origin origin, HeldCounts counts) {
        if (origin.state() == State.CLONE) {
            log.warn(
                    "this database is a clone ({}): webhooks are refused, connections have no values, and it holds {}",
                    origin.reason(),
                    counts);
        } else {
            log.warn(
                    "this database is held ({}): new webhooks run, but it keeps still {}. See what it is and decide with"
                            + " millrace db release [--all | --skip-in-doubt | --cancel]",
                    origin.reason(),
                    counts);
        }
    }

    private Origin settle(Tx tx) {
        var here = origins.identity(tx);
        var own = new Origin(State.OWN, null, here, null);
        var origin =
                origins.addFirst(tx, own) ? own : compared(tx, origins.lock(tx).orElseThrow(), here);
        tx.afterCommit(() -> seen = here);
        return origin;
    }

    private Origin compared(Tx tx, Origin known, Identity here) {
        var was = known.identity();
        if (was != null && was.equals(here)) {
            return known;
        }
        var reason = was == null || !was.same(here)
                ? ELSEWHERE
                : was.remade(here) ? REMADE : was.promoted(here) ? lack(tx, was) : null;
        if (was != null && was.promoted(here) && reason != null) {
            origins.fence(tx);
        }
        if (reason == null || (MAY_LACK.contains(reason) && !afterAsyncFailover)) {
            var same = new Origin(known.state(), known.reason(), here, known.since());
            origins.remember(tx, same);
            return same;
        }
        runs.hold(tx);
        var origin = new Origin(
                known.state() == State.CLONE ? State.CLONE : State.HELD,
                known.reason() == null ? reason : known.reason(),
                here,
                null);
        origins.save(tx, origin);
        return origin;
    }

    /** What the new primary may lack of the old one's commits; null when it has all that were acknowledged. */
    private @Nullable String lack(Tx tx, Identity old) {
        if (Replication.of(tx).recoveryTarget()) {
            return RECOVERED;
        }
        if (!durable.get().stream().allMatch(flush -> runs.has(tx, flush))) {
            return LACKING;
        }
        var sawOtherwise = seen.timeline() == old.timeline() && !seen.synchronous();
        return old.synchronous() && !sawOtherwise ? null : ASYNCHRONOUS;
    }

    /** Whether webhooks are refused: this is a copy for trying things out. */
    public boolean isClone() {
        return clone;
    }

    /** What is held now; also where no server has started since the restore. */
    public Held held() {
        database.transaction(this::settle);
        return database.read(tx -> {
            var origin = origins.find(tx).orElseThrow();
            boolean held = origin.state() != State.OWN;
            return new Held(
                    held,
                    origin.state() == State.CLONE,
                    origin.reason(),
                    held ? origin.since() : null,
                    runs.counts(tx),
                    runs.list(tx, LISTED));
        });
    }

    /**
     * Ends the hold.
     *
     * @throws DatabaseRefusal for a clone
     */
    public Released release(Decision decision) {
        var origin = database.transaction(this::settle);
        if (origin.state() == State.CLONE) {
            throw new DatabaseRefusal("the database " + database.place()
                    + " is a clone and is never released: restore the archive without --as-clone for one that acts");
        }
        int ended = switch (decision) {
            case ALL -> 0;
            case SKIP_IN_DOUBT -> runs.end(database, false);
            case CANCEL -> runs.end(database, true);
        };
        int released = database.transaction(tx -> {
            origins.save(tx, new Origin(State.OWN, null, origins.identity(tx), null));
            return runs.release(tx);
        });
        log.info("the hold of this database has ended: {} runs were canceled, {} go on", ended, released);
        return new Released(ended, released);
    }

    @Override
    public void close() {
        var watching = watch;
        if (watching != null) {
            watching.interrupt();
        }
    }
}
