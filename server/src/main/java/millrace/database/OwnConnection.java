package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that its user shares with nobody. It is opened with the first work and anew after one that lost it, and
 * closed while it is idle. Used by one thread; {@link #look} by the thread that watches over all connections.
 */
final class OwnConnection implements DedicatedWriter {
    private static final Logger LOG = LoggerFactory.getLogger(OwnConnection.class);
    /** After a cancel request the server has so long to answer. */
    private static final Duration LAST_CALL = Duration.ofSeconds(2);

    /** What takes so long while nothing at all is answered waits for a database that is gone. */
    private static final Duration HOPELESS = Duration.ofSeconds(5);

    private final PostgresConnector connector;
    private final String purpose;
    private final Duration longest;
    private final Reach reach;
    private final Runnable lost;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable Connection connection;
    private volatile long since;
    private volatile boolean busy;
    private volatile long canceled;

    /**
     * @param longest a work that takes longer is canceled
     * @param lost called when the connection was lost
     */
    OwnConnection(PostgresConnector connector, String purpose, Duration longest, Reach reach, Runnable lost) {
        this.connector = connector;
        this.purpose = purpose;
        this.longest = longest;
        this.reach = reach;
        this.lost = lost;
    }

    @Override
    public <T> T write(SqlWork<T> work) throws SQLException {
        lock.lock();
        try {
            var open = connected();
            since = System.nanoTime();
            canceled = 0;
            busy = true;
            try {
                var result = work.on(open);
                reach.answered();
                return result;
            } catch (SQLException e) {
                if (Failures.away(e)) {
                    reach.failed(e);
                }
                if (Failures.lost(e) || Failures.readOnly(e)) {
                    drop();
                    lost.run();
                }
                throw e;
            } finally {
                busy = false;
                since = System.nanoTime();
            }
        } finally {
            lock.unlock();
        }
    }

    private Connection connected() throws NotConnected {
        var open = connection;
        if (open != null) {
            return open;
        }
        try {
            open = connector.openToWrite("millrace:" + purpose);
            connection = open;
            reach.answered();
            return open;
        } catch (SQLException e) {
            reach.failed(e);
            throw new NotConnected(e);
        }
    }

    /** Closes it when it is idle; ends a work that takes too long, or that waits for a database which is silent. */
    void look(Duration idleTimeout) {
        var open = connection;
        if (open == null) {
            return;
        }
        var now = System.nanoTime();
        var age = Duration.ofNanos(now - since);
        if (busy) {
            if (age.compareTo(reach.silent() ? HOPELESS : longest) <= 0) {
                return;
            }
            if (canceled == 0) {
                canceled = now;
                LOG.info("a statement of {} takes longer than {} s and is canceled", purpose, age.toSeconds());
                // First, since the server process of one that waits for a lock outlives its connection.
                PostgresPool.cancel(open);
            } else if (now - canceled > LAST_CALL.toNanos()) {
                PostgresPool.abort(open);
            }
        } else if (age.compareTo(idleTimeout) > 0 && lock.tryLock()) {
            try {
                drop();
            } finally {
                lock.unlock();
            }
        }
    }

    private void drop() {
        var open = connection;
        connection = null;
        if (open != null) {
            PostgresPool.quietlyClose(open);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            drop();
        } finally {
            lock.unlock();
        }
    }
}
