package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import millrace.access.Patience;
import millrace.config.DatabaseSettings;
import org.jooq.Configuration;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DefaultConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * The one database, for as long as the process lives. May be used from any thread.
 *
 * <p>While the database is away every method throws MillraceException DATABASE_UNAVAILABLE.
 */
public final class Database implements AutoCloseable {
    private static final int ATTEMPTS = 10;
    private static final Duration AWAY_PAUSE = Duration.ofMillis(100);
    private static final Duration HEALTH_PATIENCE = Duration.ofSeconds(2);
    /** Work that no request waits for takes its time. */
    private static final Duration UNHURRIED = Duration.ofSeconds(30);

    private final Connector connector;
    private final Connections connections;
    private final Reach reach;
    private final Parking parking;
    private final Duration patience;
    private final Configuration configuration;
    private final @Nullable Replica replica;
    private volatile boolean closed;

    private Database(
            Connector connector,
            Connections connections,
            Reach reach,
            Parking parking,
            Duration patience,
            @Nullable Replica replica) {
        this.replica = replica;
        this.connector = connector;
        this.connections = connections;
        this.reach = reach;
        this.parking = parking;
        this.patience = patience;
        this.configuration = configuration(connector.dialect());
    }

    static Configuration configuration(Dialect dialect) {
        return new DefaultConfiguration()
                .set(dialect.sqlDialect())
                .set(new Settings()
                        .withRenderQuotedNames(RenderQuotedNames.ALWAYS)
                        .withRenderSchema(false)
                        .withExecuteLogging(false));
    }

    /**
     * Opens the connections; changes no schema.
     *
     * @throws DatabaseRefusal when the database can't be reached or used as it is, in one line for the operator
     */
    public static Database open(DatabaseSettings settings) {
        return open(settings, true);
    }

    /** The same beside a running server, also on SQLite, for commands that come and go. */
    public static Database beside(DatabaseSettings settings) {
        return open(settings, false);
    }

    private static Database open(DatabaseSettings settings, boolean alone) {
        System.setProperty("org.jooq.no-logo", "true");
        System.setProperty("org.jooq.no-tips", "true");
        var connector = Connector.of(settings);
        var reach = new Reach(connector.place(), "requests and runs wait and go on when it is back");
        var parking = new Parking();
        try {
            var connections = Opening.of(connector, alone, reach, parking);
            var replica = alone && settings instanceof DatabaseSettings.Postgres postgres && postgres.replica() != null
                    ? new Replica(postgres.replica())
                    : null;
            return new Database(connector, connections, reach, parking, settings.acquireTimeout(), replica);
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    /** Applies pending change sets and makes the partitions of the days to come. */
    public void prepare(Safeguard safeguard) {
        migrations(safeguard).apply();
        partitions().ensure();
    }

    /** The same for a database in which nothing is to be lost. */
    public void prepare() {
        prepare(Safeguard.NONE);
    }

    public Migrations migrations() {
        return migrations(Safeguard.NONE);
    }

    public Migrations migrations(Safeguard safeguard) {
        return new Migrations(connector, ChangeSet.all(connector.dialect()), safeguard);
    }

    /** What is applied and what is pending. */
    public MigrationStatus schema() {
        return read(tx -> {
            try {
                return migrations().status(tx.connection());
            } catch (SQLException e) {
                throw new DataAccessException(String.valueOf(e.getMessage()), e);
            }
        });
    }

    public Partitions partitions() {
        return new Partitions(this);
    }

    public RunRetention runRetention() {
        return new RunRetention(this);
    }

    /**
     * Runs the work in a transaction that may write, and commits it. The work may run more than once (serialisation
     * failures, SQLite busy, a database that was away): it changes nothing but through its Tx. Transactions do not nest.
     *
     * @throws MillraceException DATABASE_UNAVAILABLE when the database stays away for longer than the request may wait
     */
    public <T> T transaction(Function<Tx, T> work) {
        return patiently(connections::write, work, false);
    }

    /** {@link #transaction} for work without a result. */
    public void transact(Consumer<Tx> work) {
        transaction(tx -> {
            work.accept(tx);
            return Boolean.TRUE;
        });
    }

    /** Runs the work in a transaction that sees one state of the database and can't write; else as a transaction. */
    public <T> T read(Function<Tx, T> work) {
        return patiently(connections::read, work, true);
    }

    /**
     * As {@link #read}, for lists and what is counted for people. A replica answers, where there is one that has all
     * that was committed by now; so nothing that decides may be read so.
     */
    public <T> T list(Function<Tx, T> work) {
        var other = replica;
        if (other != null) {
            var position = read(tx -> tx.sql()
                    .resultQuery("SELECT pg_current_wal_flush_lsn()::text")
                    .fetchSingle(0, String.class));
            var listed = other.read(position, work);
            if (listed.isPresent()) {
                return listed.get();
            }
        }
        return read(work);
    }

    private <T> T patiently(Borrowing borrowing, Function<Tx, T> work, boolean reading) {
        var patience = Patience.current().orElseGet(() -> new Patience(UNHURRIED));
        for (int attempt = 1; ; attempt++) {
            try {
                return once(borrowing, work, patience);
            } catch (RuntimeException e) {
                var cause = Failures.sqlCause(e);
                if (Failures.passesOnRetry(cause) && attempt < ATTEMPTS) {
                    pause((1L << Math.min(attempt, 7)) + System.nanoTime() % 8);
                } else if (reading && cause != null && Failures.readOnly(cause)) {
                    // Work that writes in a transaction of which it was said that it reads.
                    throw e;
                } else if (Failures.away(cause) || cause != null && Failures.canceled(cause)) {
                    if (closed
                            || patience.left(this.patience).isZero()
                            || Thread.currentThread().isInterrupted()) {
                        throw Failures.unavailable(e);
                    }
                    pause(PostgresPool.jitter(AWAY_PAUSE) / 1_000_000);
                } else if (cause != null
                        && Failures.lockTimeout(cause)
                        && Patience.current().isPresent()) {
                    throw Failures.unavailable(e);
                } else {
                    throw e;
                }
            }
        }
    }

    /** Whether the database takes reads and writes now, as far as this process can tell; asks it a small question. */
    public boolean answers() {
        if (closed || reach.away() || reach.lacksSpace() || reach.silent()) {
            return false;
        }
        try {
            return connections.answers(new Patience(HEALTH_PATIENCE));
        } catch (SQLException e) {
            return false;
        }
    }

    /** Whether the last that was heard of the database was a failure; asks nobody. */
    public boolean away() {
        return reach.away() || reach.silent();
    }

    /** For how long nothing has been answered; a server that runs asks at least once a second. */
    public Duration silence() {
        return reach.silence();
    }

    /** How long work of this thread may still wait for the database. */
    public Duration patience() {
        return Patience.current().map(one -> one.left(patience)).orElse(patience);
    }

    /** A place among those that wait for the database, until it is closed. */
    public interface Parked extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Before a wait for something that the database has to do.
     *
     * @throws MillraceException DATABASE_UNAVAILABLE at once when too many wait already
     */
    public Parked park() {
        try {
            var place = parking.enter();
            return place::close;
        } catch (NotConnected full) {
            throw Failures.unavailable(full);
        }
    }

    /**
     * What is done on the first connection after a promotion, and committed before any other connection to the new
     * primary is used; also done once on the next connection from now on. It must change nothing when done again. A
     * process that hears of the promotion behind a pooler hears of it late: there connections outlive their servers.
     */
    public void beforeUse(Consumer<Tx> listener) {
        if (connector instanceof PostgresConnector postgres) {
            postgres.promotions().listen(listener);
        }
    }

    public Dialect dialect() {
        return connector.dialect();
    }

    /** For people: host:port/database or the file. */
    public String place() {
        return connector.place();
    }

    /**
     * Tells other processes of this database and hears them; to be started and closed by the caller.
     *
     * @param name an id that no other process has
     */
    public Notifier notifier(String name) {
        var heard = connector instanceof PostgresConnector postgres && !postgres.pooled();
        return new Notifier(this, connector, name, !heard);
    }

    /** Sends the messages in a transaction of their own, whose loss would be no harm. PostgreSQL only. */
    void notify(String channel, List<String> messages) {
        transact(tx -> {
            tx.sql().execute("SELECT set_config('synchronous_commit', 'off', true)");
            for (var message : messages) {
                tx.sql().execute("SELECT pg_notify(?, ?)", channel, message);
            }
        });
    }

    /** A connection outside the pool, in autocommit mode; the caller closes it. */
    public Connection dedicated(String purpose) throws SQLException {
        return connector.open(purpose);
    }

    /**
     * One connection in autocommit mode for one long work beside the server's, such as a backup; it counts among the
     * server's connections. The caller closes it.
     *
     * @throws DatabaseRefusal when there would be none left for requests, or the database is away
     */
    public Direct direct(String purpose) {
        try {
            return connections.direct(purpose);
        } catch (SQLException e) {
            throw new DatabaseRefusal(
                    "the database " + place() + " can't be reached for the " + purpose + ": " + e.getMessage()
                            + "; run it again when it is there",
                    e);
        }
    }

    /** A way to write that no request can starve; on SQLite it shares the one writer connection. */
    public DedicatedWriter writer(String purpose) {
        return connections.writer(purpose);
    }

    /** The run tables through a writer of their own. */
    public RunSession runSession(String purpose) {
        return runSession(purpose, UnaryOperator.identity());
    }

    /** The run tables, as {@code around} makes them, through a writer of their own. */
    public RunSession runSession(String purpose, UnaryOperator<RunTables> around) {
        return new RunSession(around.apply(RunTables.of(dialect())), writer(purpose));
    }

    @Override
    public void close() {
        closed = true;
        if (replica != null) {
            replica.close();
        }
        connections.close();
    }

    private interface Borrowing {
        Connections.Borrowed take(Patience patience) throws SQLException;
    }

    private <T> T once(Borrowing borrowing, Function<Tx, T> work, Patience patience) {
        Tx tx;
        T result;
        CommitUnknown unknown = null;
        try {
            try (var borrowed = borrowing.take(patience)) {
                tx = new Tx(borrowed.connection(), dialect(), configuration);
                try {
                    result = work.apply(tx);
                } catch (RuntimeException e) {
                    var cause = Failures.sqlCause(e);
                    if (cause != null) {
                        borrowed.failed(cause);
                    }
                    throw e;
                }
                try {
                    borrowed.commit();
                } catch (SQLException e) {
                    borrowed.failed(e);
                    if (!(e instanceof CommitUnknown lost)) {
                        throw e;
                    }
                    unknown = lost;
                }
            }
            // Asked on another connection, after this one was given back.
            if (unknown != null && !connections.committed(unknown, patience)) {
                throw unknown;
            }
        } catch (SQLException e) {
            throw new DataAccessException(String.valueOf(e.getMessage()), e);
        }
        tx.committed();
        return result;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted between two attempts of a transaction", e);
        }
    }
}
