package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import millrace.access.Patience;
import org.jspecify.annotations.Nullable;

/**
 * All connections of a server process: those that it shares, and those that its writers and its health check have for
 * themselves, so that lists can't starve them. Together they are never more than {@code AP_POSTGRES_POOL_SIZE}.
 */
final class PostgresConnections implements Connections {
    /** With fewer there is one journal writer, and health shares a connection. */
    static final int ROOMY = 6;

    /**
     * Makes a transaction one that reads. Without parallel plans: over a partition of some size PostgreSQL plans each
     * index a second time for workers, which doubled the time of a list that needs a month's partitions, and a list
     * that reads a page has nothing to share out.
     */
    static final String READING = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;"
            + " SET LOCAL max_parallel_workers_per_gather = 0";

    private static final Duration LOOK = Duration.ofMillis(250);
    /** A look that comes so late says that this process stood still, not the database. */
    private static final Duration STOOD_STILL = Duration.ofSeconds(2);

    /** Two heartbeats have not been answered: a request that has waited for as long as it may need not wait on. */
    private static final Duration UNANSWERED = Duration.ofMillis(2_500);

    private static final Duration LONGEST_HEALTH = Duration.ofSeconds(2);
    private static final Duration LONGEST_DISPATCH = Duration.ofSeconds(10);
    private static final Duration LONGEST_FLUSH = Duration.ofSeconds(90);
    /** The purpose of the connection that renews the lease, once a second. */
    private static final String DISPATCH = "dispatch";

    private static final Duration UNHURRIED = Duration.ofSeconds(30);

    private static final String IDLE_IN_TRANSACTION = "30s";

    private static final String JOURNAL = "journal";

    private final PostgresConnector connector;
    private final Reach reach;
    private final PostgresPool pool;
    private final List<OwnConnection> own = new CopyOnWriteArrayList<>();
    private final @Nullable OwnConnection health;
    private final Thread watch;

    PostgresConnections(PostgresConnector connector, Reach reach, Parking parking) {
        this.connector = connector;
        this.reach = reach;
        var all = connector.settings().poolSize();
        this.pool = new PostgresPool(connector, general(all), reach, parking, () -> connector.openToWrite("millrace"));
        this.health = all < ROOMY ? null : owned("health", LONGEST_HEALTH);
        this.watch = Thread.ofVirtual().name("database-watch").start(this::watch);
    }

    /**
     * What is left for all. One hears the notifier, two writers have one each, dispatch and health one each, so that no
     * list can starve them; where there are few, there is one writer, and dispatch and health share.
     */
    static int general(int all) {
        return all < ROOMY ? all - 2 : all - 5;
    }

    @Override
    public Borrowed write(Patience patience) throws SQLException {
        return begin(patience, "", true);
    }

    @Override
    public Borrowed read(Patience patience) throws SQLException {
        return begin(patience, READING + ";", false);
    }

    /** One round trip: what the transaction is, how long it may stand still, and how long a request waits for a lock. */
    private Borrowed begin(Patience patience, String kind, boolean writes) throws SQLException {
        var borrowed = new Turn(pool.take(patience));
        var lockTimeout = Patience.current().isEmpty()
                ? ""
                : "; SET LOCAL lock_timeout = "
                        + patience.atMost(connector.settings().acquireTimeout()).toMillis();
        try (var statement = borrowed.connection().createStatement()) {
            statement.execute(kind + "SET LOCAL idle_in_transaction_session_timeout = '" + IDLE_IN_TRANSACTION + "'"
                    + lockTimeout + (writes ? "; SELECT pg_current_xact_id()::text" : ""));
            if (writes) {
                borrowed.transaction = number(statement);
            }
            reach.answered();
            return borrowed;
        } catch (SQLException e) {
            borrowed.failed(e);
            borrowed.close();
            throw e;
        }
    }

    private static String number(java.sql.Statement statement) throws SQLException {
        while (statement.getResultSet() == null) {
            statement.getMoreResults();
        }
        try (var row = statement.getResultSet()) {
            row.next();
            return Objects.requireNonNull(row.getString(1));
        }
    }

    @Override
    public DedicatedWriter writer(String purpose) {
        if (purpose.equals(DISPATCH)) {
            reach.beats();
        }
        if (connector.settings().poolSize() < ROOMY && !purpose.equals(JOURNAL)) {
            return new SharedConnection();
        }
        return owned(purpose, purpose.equals(JOURNAL) ? LONGEST_FLUSH : LONGEST_DISPATCH);
    }

    /** One of the pool: with a single one there would be none left for requests for as long as the work takes. */
    @Override
    public Direct direct(String purpose) throws SQLException {
        if (general(connector.settings().poolSize()) < 2) {
            throw new DatabaseRefusal(
                    "the server's " + purpose + " needs a connection beside those of its requests: set"
                            + " AP_POSTGRES_POOL_SIZE to 4, 5 or at least 7");
        }
        var pooled = pool.take(new Patience(UNHURRIED));
        pooled.keep();
        pooled.spoil();
        try {
            pooled.connection().setAutoCommit(true);
            try (var statement = pooled.connection().createStatement()) {
                if (!connector.pooled() && !connector.settings().parameters().containsKey("application_name")) {
                    statement.execute("SET application_name = 'millrace:" + purpose + "'");
                }
            }
            return Direct.counted(connector, pooled.connection(), pooled::giveBack);
        } catch (SQLException e) {
            pooled.giveBack();
            throw e;
        }
    }

    private OwnConnection owned(String purpose, Duration longest) {
        var one = new OwnConnection(connector, purpose, longest, reach, pool::lost);
        own.add(one);
        return one;
    }

    @Override
    public boolean answers(Patience patience) throws SQLException {
        if (health != null) {
            return health.write(PostgresConnections::asks);
        }
        try (var borrowed = read(patience)) {
            return asks(borrowed.connection());
        }
    }

    private static boolean asks(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT 1")) {
            return row.next();
        }
    }

    /** Asks the server what became of a transaction whose connection was lost while it was committed. */
    @Override
    public boolean committed(CommitUnknown unknown, Patience patience) throws SQLException {
        while (true) {
            try (var borrowed = read(patience);
                    var statement = borrowed.connection().prepareStatement("SELECT pg_xact_status(?::xid8)")) {
                statement.setString(1, unknown.transaction());
                try (var row = statement.executeQuery()) {
                    row.next();
                    var status = String.valueOf(row.getString(1));
                    if (!status.equals("in progress")) {
                        return status.equals("committed");
                    }
                }
            } catch (SQLException e) {
                // The new primary has never heard of it: it was lost with the old one.
                if ("22023".equals(e.getSQLState())) {
                    return false;
                }
                if (!Failures.away(e)
                        || patience.left(connector.settings().acquireTimeout()).isZero()) {
                    throw e;
                }
            }
            pause(LOOK);
        }
    }

    private void watch() {
        var idleTimeout = connector.settings().idleTimeout();
        var last = System.nanoTime();
        try {
            while (true) {
                Thread.sleep(LOOK);
                var now = System.nanoTime();
                var late = now - last > STOOD_STILL.toNanos();
                last = now;
                if (late) {
                    continue;
                }
                pool.closeIdle(idleTimeout);
                var silent = reach.silent();
                if (silent) {
                    pool.lost();
                }
                var unanswered = reach.silence().compareTo(UNANSWERED) > 0;
                pool.end(one -> silent || one.forsaken() || unanswered && one.overdue());
                own.forEach(one -> one.look(idleTimeout));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        watch.interrupt();
        own.forEach(OwnConnection::close);
        pool.close();
    }

    private static void pause(Duration duration) throws SQLException {
        try {
            Thread.sleep(Duration.ofNanos(PostgresPool.jitter(duration)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotConnected("interrupted while waiting for the database");
        }
    }

    /** A connection of the pool for each work, in autocommit mode. */
    private final class SharedConnection implements DedicatedWriter {
        @Override
        public <T> T write(SqlWork<T> work) throws SQLException {
            var turn = new Turn(pool.take(new Patience(null)));
            try {
                turn.connection().setAutoCommit(true);
                var result = work.on(turn.connection());
                turn.connection().setAutoCommit(false);
                reach.answered();
                return result;
            } catch (SQLException e) {
                turn.failed(e);
                turn.pooled.spoil();
                throw e;
            } finally {
                turn.open = false;
                turn.close();
            }
        }

        @Override
        public void close() {
            // The connection is the pool's.
        }
    }

    private final class Turn implements Borrowed {
        private final PostgresPool.Pooled pooled;
        private boolean open = true;

        @Nullable
        String transaction;

        Turn(PostgresPool.Pooled pooled) {
            this.pooled = pooled;
        }

        @Override
        public Connection connection() {
            return pooled.connection();
        }

        @Override
        public void commit() throws SQLException {
            try {
                pooled.connection().commit();
                open = false;
                reach.answered();
            } catch (SQLException e) {
                throw Failures.lost(e) && transaction != null ? new CommitUnknown(transaction, e) : e;
            }
        }

        @Override
        public void failed(SQLException e) {
            if (Failures.away(e)) {
                reach.failed(e);
            } else {
                reach.answered();
            }
            if (Failures.lost(e) || Failures.readOnly(e)) {
                pooled.spoil();
                pool.lost();
            }
        }

        @Override
        public void close() {
            if (open) {
                try {
                    pooled.connection().rollback();
                } catch (SQLException e) {
                    pooled.spoil();
                }
            }
            pooled.giveBack();
        }
    }
}
