package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Optional;
import millrace.config.DatabaseSettings.Postgres;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An empty schema beside the configured one, in the same PostgreSQL database: what is made through its connection lies in
 * it and goes with it. It goes when it is closed and when the process is told to end; what a killed process left goes
 * when the next one is made. One at a time in each database.
 */
public final class ScratchSchema implements AutoCloseable {
    /** What the operator may drop at any time. */
    public static final String NAME = "millrace_rehearsal";

    private static final Logger LOG = LoggerFactory.getLogger(ScratchSchema.class);
    private static final String MARK = "scratch of Millrace: may be dropped";
    private static final long KEY = MigrationLock.KEY + 1;

    private final PostgresConnector connector;
    private final Direct direct;
    private final int process;
    private final Thread hook;

    private ScratchSchema(PostgresConnector connector, Direct direct, int process) {
        this.connector = connector;
        this.direct = direct;
        this.process = process;
        this.hook = new Thread(this::abandon, "scratch schema");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * Makes it.
     *
     * @return empty when the role may not
     * @throws DatabaseRefusal while another process has one in this database, or when it can't be reached
     */
    public static Optional<ScratchSchema> make(Postgres settings) {
        var connector = new PostgresConnector(within(settings));
        Connection connection;
        try {
            connection = connector.open("rehearsal");
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
        var direct = Direct.through(connector, connection);
        try {
            int process = alone(direct);
            refuseForeign(direct);
            direct.execute("DROP SCHEMA IF EXISTS " + NAME + " CASCADE");
            direct.execute("CREATE SCHEMA " + NAME);
            direct.execute("COMMENT ON SCHEMA " + NAME + " IS '" + MARK + "'");
            return Optional.of(new ScratchSchema(connector, direct, process));
        } catch (SQLException e) {
            direct.close();
            if (Failures.mayNotCreate(e)) {
                return Optional.empty();
            }
            throw direct.refusal("making a scratch schema in", e);
        } catch (RuntimeException e) {
            direct.close();
            throw e;
        }
    }

    /** As an option of the connection, so that nothing of it stays with a pooler. */
    private static Postgres within(Postgres settings) {
        var parameters = new HashMap<>(settings.parameters());
        parameters.merge("options", "-c search_path=" + NAME, (own, ours) -> own + " " + ours);
        return new Postgres(
                settings.hosts(),
                settings.database(),
                settings.user(),
                settings.password(),
                settings.tls(),
                parameters,
                settings.poolSize(),
                settings.idleTimeout(),
                settings.connectTimeout(),
                settings.acquireTimeout(),
                null);
    }

    /** @return the process id of the connection, which has the lock for as long as it is there */
    private static int alone(Direct direct) throws SQLException {
        direct.execute("SET statement_timeout = 0");
        direct.execute("SET idle_in_transaction_session_timeout = 0");
        direct.execute("SET " + MigrationLock.ALIVE);
        var answer = direct.texts("SELECT CASE WHEN pg_try_advisory_lock(" + KEY + ") THEN pg_backend_pid() END")
                .getFirst();
        if (answer == null) {
            throw new DatabaseRefusal(
                    "another rehearsal runs in the database " + direct.place() + ": wait until it has ended");
        }
        return Integer.parseInt(answer);
    }

    private static void refuseForeign(Direct direct) throws SQLException {
        var found = direct.texts("SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace"
                + " WHERE nspname = '" + NAME + "'");
        if (!found.isEmpty() && !found.getFirst().equals(MARK)) {
            throw new DatabaseRefusal("the database " + direct.place() + " has a schema " + NAME
                    + " that no rehearsal made: rename it, since rehearsals use that name");
        }
    }

    public Direct direct() {
        return direct;
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException ending) {
            // The hook does it.
            return;
        }
        drop();
    }

    private void drop() {
        try {
            // Ends a transaction that failed; without one it only warns.
            direct.execute("ROLLBACK");
            direct.execute("DROP SCHEMA " + NAME + " CASCADE");
        } catch (SQLException e) {
            abandon();
        } finally {
            direct.close();
        }
    }

    /** Through another connection, since the first is broken or busy. */
    private void abandon() {
        try (var connection = connector.open("rehearsal");
                var statement = connection.createStatement()) {
            statement.execute("SELECT pg_terminate_backend(" + process + ", 5000)");
            statement.execute("DROP SCHEMA IF EXISTS " + NAME + " CASCADE");
        } catch (SQLException e) {
            LOG.warn(
                    "the schema {} could not be dropped from {} ({}): the next rehearsal does, or run DROP SCHEMA {} CASCADE;",
                    NAME,
                    connector.place(),
                    Failures.firstLine(e),
                    NAME);
        }
    }
}
