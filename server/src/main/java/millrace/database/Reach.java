package millrace.database;

import java.sql.SQLException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the database answers, told by everything that this process asks of it; a server asks at least once a second,
 * since it renews its lease, and a command does not. Safe for all threads.
 */
final class Reach {
    private static final Logger LOG = LoggerFactory.getLogger(Reach.class);
    /** Longer than any heartbeat takes: after so much silence nobody trusts an open connection any more. */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    private final String place;
    private final String meanwhile;
    private volatile long answered = System.nanoTime();
    private volatile long withoutSpace = answered - SILENCE.toNanos();
    private volatile boolean beats;
    private volatile boolean away;
    private volatile long awaySince;
    /** When the log last heard that it is away: a database that reads and refuses writes comes and goes all the time. */
    private volatile long told = withoutSpace;

    private volatile boolean telling;

    /**
     * @param place the database, for the log
     * @param meanwhile what happens while it is away, for the log
     */
    Reach(String place, String meanwhile) {
        this.place = place;
        this.meanwhile = meanwhile;
    }

    /** From now on something asks at least once a second: silence means something. */
    void beats() {
        beats = true;
    }

    /** A statement was executed. */
    void answered() {
        answered = System.nanoTime();
        if (away) {
            over();
        }
    }

    private synchronized void over() {
        if (away) {
            away = false;
            if (telling) {
                LOG.info("the database {} is back after {} ms", place, (System.nanoTime() - awaySince) / 1_000_000);
            }
        }
    }

    /** A statement or a connection failed, because the database is away. */
    void failed(SQLException e) {
        if (Failures.noSpace(e)) {
            if (!lacksSpace()) {
                LOG.warn("the database {} has no space left and refuses writes: {}", place, Failures.firstLine(e));
            }
            withoutSpace = System.nanoTime();
        } else if (!away || !telling) {
            begun(e);
        }
    }

    private synchronized void begun(SQLException e) {
        var now = System.nanoTime();
        if (!away) {
            away = true;
            awaySince = now;
            telling = false;
        }
        if (!telling && now - told > SILENCE.toNanos()) {
            telling = true;
            told = now;
            LOG.warn("the database {} is away: {}; {}", place, Failures.firstLine(e), meanwhile);
        }
    }

    /** Whether the last that was heard of it was a failure. */
    boolean away() {
        return away;
    }

    /** Whether a write was refused a moment ago, because the disk is full. */
    boolean lacksSpace() {
        return System.nanoTime() - withoutSpace < SILENCE.toNanos();
    }

    /** Whether nothing has been answered for so long that open connections can't be trusted. */
    boolean silent() {
        return beats && silence().compareTo(SILENCE) > 0;
    }

    /** Time since the last answer. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - answered);
    }
}
