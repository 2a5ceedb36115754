package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import millrace.config.DatabaseSettings;
import org.jooq.Configuration;
import org.jooq.conf.RenderQuotedNames;
import org.jooq.conf.Settings;
import org.jooq.impl.DefaultConfiguration;

/**
 * The one database, for as long as the process lives. May be used from any thread.
 *
 * <p>While the database is away every method throws MillraceException DATABASE_UNAVAILABLE.
 */
public final class Database implements AutoCloseable {
    private static final int ATTEMPTS = 10;

    private final Connector connector;
    private final Connections connections;
    private final Configuration configuration;

    private Database(Connector connector, Connections connections) {
        this.connector = connector;
        this.connections = connections;
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
        try {
            return new Database(connector, Opening.of(connector, alone));
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    /** Applies pending change sets and makes the partitions of the days to come. */
    public void prepare() {
        migrations().apply();
        partitions().ensure();
    }

    public Migrations migrations() {
        return new Migrations(connector, ChangeSet.all(connector.dialect()));
    }

    public Partitions partitions() {
        return new Partitions(this);
    }

    public RunRetention runRetention() {
        return new RunRetention(this);
    }

    /**
     * Runs the work in a transaction that may write, and commits it. The work may run more than once (serialisation
     * failures, SQLite busy): it changes nothing but through its Tx. Transactions do not nest.
     */
    public <T> T transaction(Function<Tx, T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(connections::write, work);
            } catch (RuntimeException e) {
                if (attempt == ATTEMPTS || !Failures.passesOnRetry(Failures.sqlCause(e))) {
                    throw Failures.seen(e);
                }
                pause(attempt);
            }
        }
    }

    /** {@link #transaction} for work without a result. */
    public void transact(Consumer<Tx> work) {
        transaction(tx -> {
            work.accept(tx);
            return Boolean.TRUE;
        });
    }

    /** Runs the work in a transaction that sees one state of the database and can't write. */
    public <T> T read(Function<Tx, T> work) {
        try {
            return once(connections::read, work);
        } catch (RuntimeException e) {
            throw Failures.seen(e);
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
        connections.close();
    }

    private interface Borrowing {
        Connections.Borrowed take() throws SQLException;
    }

    private <T> T once(Borrowing borrowing, Function<Tx, T> work) {
        Tx tx;
        T result;
        try (var borrowed = borrowing.take()) {
            tx = new Tx(borrowed.connection(), dialect(), configuration);
            result = work.apply(tx);
            borrowed.commit();
        } catch (SQLException e) {
            throw Failures.seen(e);
        }
        tx.committed();
        return result;
    }

    /** Longer with each attempt; two that met are kept apart by the clock's last digits. */
    private static void pause(int attempt) {
        try {
            Thread.sleep((1L << Math.min(attempt, 7)) + System.nanoTime() % 8);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted between two attempts of a transaction", e);
        }
    }
}
