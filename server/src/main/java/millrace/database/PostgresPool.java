package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import millrace.access.Patience;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that requests and recurring work share. Safe for all threads.
 *
 * <p>Invariants:
 * <ol>
 *   <li>There are never more than {@code most}: one counts from before it is opened until after its socket is closed.
 *   <li>Whoever waits is served in turn, or leaves when its patience is over.
 *   <li>One thread opens, one connection at a time, with growing pauses while the database is away. It begins when one is
 *       asked for the first time, since a start that migrates needs the others; then it goes on until one is open, so
 *       that the end of an outage is noticed though nobody asks.
 *   <li>A connection is lost with all that were idle beside it: what ended one has mostly ended them all.
 *   <li>A statement is canceled before its connection is aborted: one that waits for a lock keeps its server process,
 *       which would count beside the next.
 * </ol>
 */
final class PostgresPool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresPool.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    /** A connection that has served so long makes room for a new one: servers, addresses and caches change. */
    private static final long MAX_AGE_NANOS = Duration.ofMinutes(30).toNanos();

    /** After a cancel request a server that is there has so long to answer. */
    private static final long LAST_CALL_NANOS = Duration.ofMillis(1_500).toNanos();

    /** The server's own lock_timeout comes first. */
    private static final long GRACE_NANOS = Duration.ofMillis(500).toNanos();

    private static final long FORSAKEN_NANOS = Duration.ofMinutes(1).toNanos();

    private static final long KEPT_NANOS = Duration.ofDays(30).toNanos();

    private final PostgresConnector connector;
    private final Reach reach;
    private final Parking parking;
    private final Source source;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition needed = lock.newCondition();
    /** The last that was given back is the next to be taken, so that those too many grow old. */
    private final ArrayDeque<Pooled> idle = new ArrayDeque<>();

    private final Set<Pooled> taken = new HashSet<>();
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private final Thread opener;
    private int open;
    private boolean begun;
    private boolean closing;
    private long notBefore;

    /** Opens one connection, in autocommit mode. */
    interface Source {
        Connection open() throws SQLException;
    }

    PostgresPool(PostgresConnector connector, int most, Reach reach, Parking parking, Source source) {
        this.connector = connector;
        this.source = source;
        this.most = most;
        this.reach = reach;
        this.parking = parking;
        this.notBefore = System.nanoTime();
        this.opener = Thread.ofVirtual().name("database-opener").start(this::open);
    }

    private final class Waiter {
        final Condition served = lock.newCondition();

        @Nullable
        Pooled given;
    }

    /** One connection of the pool. */
    final class Pooled {
        private final Connection connection;
        private final long born = System.nanoTime();
        private long idleSince;
        private long deadline;
        private boolean hurried;
        private boolean useless;
        /** Zero while nobody has asked the server to cancel. */
        private volatile long canceled;

        Pooled(Connection connection) {
            this.connection = connection;
        }

        Connection connection() {
            return connection;
        }

        /** It will not be used again. */
        void spoil() {
            useless = true;
        }

        /** Whoever has it takes the time it takes. */
        void keep() {
            deadline = System.nanoTime() + KEPT_NANOS;
        }

        /** Whoever has it has waited for as long as it may. */
        boolean overdue() {
            return System.nanoTime() - deadline > GRACE_NANOS;
        }

        /** A statement of a request that takes so long has no server at its other end. */
        boolean forsaken() {
            return System.nanoTime() - deadline > (hurried ? FORSAKEN_NANOS : 10 * FORSAKEN_NANOS);
        }

        void giveBack() {
            PostgresPool.this.giveBack(this);
        }
    }

    /**
     * Waits for a connection.
     *
     * @throws NotConnected when there is none in time, or too many wait
     */
    Pooled take(Patience patience) throws SQLException {
        var standard = connector.settings().acquireTimeout();
        lock.lock();
        try {
            var free = waiters.isEmpty() ? idle.pollLast() : null;
            if (free != null) {
                return taken(free, patience.left(standard));
            }
        } finally {
            lock.unlock();
        }
        try (var place = parking.enter()) {
            return await(patience, standard);
        }
    }

    private Pooled await(Patience patience, Duration standard) throws SQLException {
        lock.lock();
        try {
            var waiter = new Waiter();
            waiters.addLast(waiter);
            begun = true;
            needed.signal();
            try {
                var left = patience.left(standard).toNanos();
                while (waiter.given == null) {
                    if (left <= 0 || closing) {
                        throw new NotConnected("no connection was free in time");
                    }
                    left = waiter.served.awaitNanos(left);
                }
                return taken(waiter.given, patience.left(standard));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                if (waiter.given != null) {
                    offer(waiter.given);
                }
                throw new NotConnected("interrupted while waiting for a connection");
            } finally {
                waiters.remove(waiter);
            }
        } finally {
            lock.unlock();
        }
    }

    private Pooled taken(Pooled pooled, Duration patience) {
        pooled.deadline = System.nanoTime() + patience.toNanos();
        pooled.hurried = Patience.current().isPresent();
        pooled.canceled = 0;
        taken.add(pooled);
        return pooled;
    }

    private void giveBack(Pooled pooled) {
        lock.lock();
        try {
            taken.remove(pooled);
            var old = System.nanoTime() - pooled.born > MAX_AGE_NANOS;
            if (!pooled.useless && !old && !closing) {
                offer(pooled);
                return;
            }
        } finally {
            lock.unlock();
        }
        end(List.of(pooled));
    }

    /** To whoever waits longest, else it is idle. */
    private void offer(Pooled pooled) {
        var first = waiters.pollFirst();
        if (first == null) {
            pooled.idleSince = System.nanoTime();
            idle.addLast(pooled);
        } else {
            first.given = pooled;
            first.served.signal();
        }
    }

    /** After a lost connection: the idle ones go too, and the server gets a moment to end its side. */
    void lost() {
        List<Pooled> others;
        lock.lock();
        try {
            others = List.copyOf(idle);
            idle.clear();
            notBefore = System.nanoTime() + jitter(FIRST_PAUSE);
        } finally {
            lock.unlock();
        }
        end(others);
    }

    private void end(List<Pooled> gone) {
        for (var pooled : gone) {
            quietlyClose(pooled.connection);
        }
        lock.lock();
        try {
            open -= gone.size();
            needed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void open() {
        var pause = FIRST_PAUSE;
        try {
            while (awaitNeed()) {
                try {
                    var connection = source.open();
                    connection.setAutoCommit(false);
                    reach.answered();
                    pause = FIRST_PAUSE;
                    opened(connection);
                } catch (SQLException | RuntimeException e) {
                    failed(e);
                    Thread.sleep(Duration.ofNanos(jitter(pause)));
                    pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean awaitNeed() throws InterruptedException {
        lock.lock();
        try {
            while (!closing) {
                var early = notBefore - System.nanoTime();
                if (open < most && (open == 0 && begun || !waiters.isEmpty())) {
                    if (early <= 0) {
                        open++;
                        return true;
                    }
                    needed.awaitNanos(early);
                } else {
                    needed.await();
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void opened(Connection connection) {
        lock.lock();
        try {
            if (!closing) {
                offer(new Pooled(connection));
                return;
            }
            open--;
        } finally {
            lock.unlock();
        }
        quietlyClose(connection);
    }

    private void failed(Exception e) {
        lock.lock();
        try {
            open--;
        } finally {
            lock.unlock();
        }
        if (e instanceof SQLException sql) {
            reach.failed(sql);
        } else {
            LOG.error("no connection could be opened", e);
        }
    }

    /** Closes what has been idle for longer than this; one stays. */
    void closeIdle(Duration after) {
        var old = new java.util.ArrayList<Pooled>();
        lock.lock();
        try {
            while (open - old.size() > 1
                    && !idle.isEmpty()
                    && System.nanoTime() - idle.getFirst().idleSince > after.toNanos()) {
                old.add(idle.removeFirst());
            }
        } finally {
            lock.unlock();
        }
        if (!old.isEmpty()) {
            end(old);
        }
    }

    /**
     * Statements that nobody should wait for any longer end, with an error; most transactions begin anew. To be called
     * again and again.
     */
    void end(Predicate<Pooled> which) {
        List<Pooled> those;
        lock.lock();
        try {
            those = taken.stream().filter(which).toList();
        } finally {
            lock.unlock();
        }
        for (var pooled : those) {
            if (pooled.canceled == 0) {
                pooled.canceled = System.nanoTime();
                cancel(pooled.connection);
            } else if (System.nanoTime() - pooled.canceled > LAST_CALL_NANOS) {
                abort(pooled.connection);
            }
        }
    }

    @Override
    public void close() {
        List<Pooled> left;
        lock.lock();
        try {
            closing = true;
            left = List.copyOf(idle);
            idle.clear();
            waiters.forEach(waiter -> waiter.served.signal());
            needed.signal();
        } finally {
            lock.unlock();
        }
        opener.interrupt();
        end(left);
    }

    /** Between half and one and a half: processes that lost the database together do not come back together. */
    static long jitter(Duration pause) {
        var nanos = pause.toNanos();
        return nanos / 2 + Math.floorMod(System.nanoTime() * 0x9E3779B97F4A7C15L, nanos);
    }

    /** A connection that can't even be closed is lost already, and its work has been judged before. */
    static void quietlyClose(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("a connection could not be closed: {}", e.getMessage());
        }
    }

    /** Asks the server, beside the caller, to end the statement that another thread waits for on this connection. */
    static void cancel(Connection connection) {
        Thread.ofVirtual().name("database-cancel").start(() -> {
            try {
                connection.unwrap(PGConnection.class).cancelQuery();
            } catch (SQLException e) {
                LOG.debug("a statement could not be canceled: {}", e.getMessage());
            }
        });
    }

    /** Ends what another thread waits for on this connection. */
    static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("a connection could not be aborted: {}", e.getMessage());
        }
    }
}
