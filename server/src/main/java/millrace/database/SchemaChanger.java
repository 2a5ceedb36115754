package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs single change sets on one connection, in autocommit mode. A change set and its row in {@code schema_migration}
 * are committed together. Who may change the schema is the caller's to know.
 */
final class SchemaChanger {
    private static final Logger LOG = LoggerFactory.getLogger(SchemaChanger.class);
    private static final int LOCK_ATTEMPTS = 60;
    private static final Duration LOCK_PAUSE = Duration.ofMillis(300);
    private static final Pattern CONCURRENT_INDEX =
            Pattern.compile("CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(\\w+)");

    private final Connection connection;
    private final Dialect dialect;
    private final Watch watch;
    private final MigrationLog log;

    SchemaChanger(Connection connection, Dialect dialect, Watch watch) {
        this.connection = connection;
        this.dialect = dialect;
        this.watch = watch;
        this.log = new MigrationLog(connection, dialect);
    }

    /** Who looks on while change sets run. */
    interface Watch {
        Watch NOBODY = new Watch() {};

        default void beforeStatement(ChangeSet set, String statement) throws SQLException {}

        /** All locks of the transaction are still held. */
        default void beforeCommit(ChangeSet set) throws SQLException {}
    }

    /** Applies the change set. @return how many milliseconds it took */
    long up(ChangeSet set) throws SQLException {
        long began = System.nanoTime();
        if (set.stepwise()) {
            for (var statement : SqlScript.statements(set.up())) {
                step(set, statement);
            }
        }
        inTransaction(set, () -> {
            log.createTable();
            if (!set.stepwise()) {
                run(set, set.up());
            }
            log.add(set, millisSince(began));
        });
        return millisSince(began);
    }

    /** Takes the change set back. @return how many milliseconds it took */
    long down(ChangeSet set) throws SQLException {
        long began = System.nanoTime();
        inTransaction(set, () -> {
            run(set, set.down());
            log.remove(set);
        });
        return millisSince(began);
    }

    /** One statement of a change set that is committed statement by statement. */
    private void step(ChangeSet set, String sql) throws SQLException {
        var index = CONCURRENT_INDEX.matcher(sql);
        if (index.find() && dialect.postgres()) {
            dropInvalid(index.group(1));
            execute("SET " + MigrationLock.ALIVE);
            watch.beforeStatement(set, sql);
            execute(sql);
            execute("RESET client_connection_check_interval");
            return;
        }
        var changed = new int[1];
        do {
            inTransaction(set, () -> {
                watch.beforeStatement(set, sql);
                try (var statement = connection.createStatement()) {
                    statement.execute(sql);
                    changed[0] = Math.max(0, statement.getUpdateCount());
                }
            });
        } while (ChangeSet.repeated(sql) && changed[0] > 0);
    }

    /** A build that was killed leaves its index behind, which costs writes and helps no read. */
    private void dropInvalid(String index) throws SQLException {
        try (var statement = connection.prepareStatement(
                "SELECT 1 FROM pg_index WHERE NOT indisvalid AND indexrelid = to_regclass(quote_ident(?))")) {
            statement.setString(1, index);
            try (var found = statement.executeQuery()) {
                if (found.next()) {
                    LOG.info("the index {} was not built to its end: it is dropped and built again", index);
                    execute("DROP INDEX CONCURRENTLY " + index);
                }
            }
        }
    }

    private interface Statements {
        void run() throws SQLException;
    }

    /** A lock that is not had in time lets everybody else pass first: the change set is tried again from its start. */
    private void inTransaction(ChangeSet set, Statements statements) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                MigrationLock.begin(connection, dialect);
                statements.run();
                watch.beforeCommit(set);
                MigrationLock.commit(connection, dialect);
                return;
            } catch (SQLException e) {
                MigrationLock.undo(connection);
                if (attempt == LOCK_ATTEMPTS || !Failures.lockTimeout(e)) {
                    throw Failures.mayNotCreate(e)
                            ? e
                            : new SQLException(
                                    "migration " + set.id() + " failed: " + e.getMessage(), e.getSQLState(), e);
                }
                LOG.warn("migration {} waits for a lock: {}", set.id(), Failures.firstLine(e));
                pause();
            }
        }
    }

    /** Whoever waited behind the lock passes meanwhile. */
    private static void pause() throws SQLException {
        try {
            Thread.sleep(Duration.ofNanos(PostgresPool.jitter(LOCK_PAUSE)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting for a lock", e);
        }
    }

    private void run(ChangeSet set, String script) throws SQLException {
        for (var sql : SqlScript.statements(script)) {
            watch.beforeStatement(set, sql);
            execute(sql);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long millisSince(long began) {
        return (System.nanoTime() - began) / 1_000_000;
    }
}
