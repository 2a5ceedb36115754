package millrace.archive;

import java.time.Instant;
import java.util.List;
import millrace.archive.Origin.State;
import millrace.database.Database;
import millrace.database.DatabaseRefusal;
import millrace.database.Tx;
import millrace.run.HeldCounts;
import millrace.run.HeldRun;
import millrace.run.HeldRuns;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the database is behind the world, and what its operator decides about that. A database that came from an
 * archive, or lies elsewhere than the last server on it found it, is: what was in flight in it has happened since.
 *
 * <ol>
 *   <li>The first server that starts on it holds every run that has not ended, before anything is claimed; runs that
 *       begin later are not held.
 *   <li>Nothing that is held goes on before a person has decided.
 *   <li>A clone is never released.
 * </ol>
 */
public final class Hold {
    private static final Logger log = LoggerFactory.getLogger(Hold.class);
    private static final int LISTED = 100;

    private final Database database;
    private final OriginStore origins = new OriginStore();
    private final HeldRuns runs = new HeldRuns();
    private volatile boolean clone;

    public Hold(Database database) {
        this.database = database;
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
        if (origin.state() == State.OWN) {
            return;
        }
        var counts = database.read(runs::counts);
        if (clone) {
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
        if (origins.addFirst(tx, new Origin(State.OWN, null, here, null))) {
            return new Origin(State.OWN, null, here, null);
        }
        var known = origins.lock(tx).orElseThrow();
        boolean moved = known.identity() == null || !known.identity().same(here);
        if (!moved) {
            return known;
        }
        runs.hold(tx);
        var reason = known.reason() != null
                ? known.reason()
                : "it lies in another PostgreSQL cluster or database than the last server on it found it in";
        var origin = new Origin(known.state() == State.CLONE ? State.CLONE : State.HELD, reason, here, null);
        origins.save(tx, origin);
        return origin;
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
}
