package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema forward and back, one change set a transaction.
 *
 * <ol>
 *   <li>A change set and its row in {@code schema_migration} are committed together: a process killed at any point
 *       leaves nothing half done.
 *   <li>Each is applied once, however many processes start at once ({@link MigrationLock}).
 *   <li>When nothing is pending, a start spends one query.
 * </ol>
 */
public final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
    private static final int LOCK_ATTEMPTS = 60;

    private final Connector connector;
    private final List<ChangeSet> changeSets;

    Migrations(Connector connector, List<ChangeSet> changeSets) {
        this.connector = connector;
        this.changeSets = List.copyOf(changeSets);
    }

    /**
     * Applies all pending change sets.
     *
     * @return their ids, in order
     * @throws DatabaseRefusal when the schema is newer than this program, an applied change set has changed, or the
     *     role may not create tables
     */
    public List<String> apply() {
        try (var connection = connect()) {
            if (pending(checked(MigrationLog.read(connection, connector.dialect())))
                    .isEmpty()) {
                LOG.info("database schema is up to date ({} migrations)", changeSets.size());
                return List.of();
            }
            try (var exclusive = MigrationLock.take(connector)) {
                return applyPending(connection);
            }
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    /**
     * Takes the newest change sets back, newest first.
     *
     * @param count how many at most
     * @return their ids, in the order in which they went
     */
    public List<String> rollback(int count) {
        try (var connection = connect();
                var exclusive = MigrationLock.take(connector)) {
            var applied = checked(MigrationLog.read(connection, connector.dialect()));
            var gone = new ArrayList<String>();
            for (var set : changeSets.reversed()) {
                if (gone.size() < count && applied.contains(set.id())) {
                    takeBack(connection, set);
                    gone.add(set.id());
                }
            }
            return gone;
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    /** @throws DatabaseRefusal when the schema is not the one that this program works with */
    public void requireCurrent() {
        try (var connection = connect()) {
            if (!pending(checked(MigrationLog.read(connection, connector.dialect())))
                    .isEmpty()) {
                throw new DatabaseRefusal("the schema of the database " + connector.place()
                        + " is not this program's yet: run millrace db migrate");
            }
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    /** What is applied and what is pending; also for a schema that is newer than this program. */
    public MigrationStatus status() {
        try (var connection = connect()) {
            var applied = MigrationLog.read(connection, connector.dialect());
            return new MigrationStatus(
                    applied,
                    pending(ids(applied)).stream()
                            .map(set -> new MigrationStatus.Pending(set.id()))
                            .toList());
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    private Connection connect() {
        try {
            return connector.open("migrations");
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    private List<String> applyPending(Connection connection) throws SQLException {
        var log = new MigrationLog(connection, connector.dialect());
        // Read again under the lock: another process may have been faster.
        var pending = pending(checked(MigrationLog.read(connection, connector.dialect())));
        for (var set : pending) {
            long began = System.nanoTime();
            inTransaction(connection, set, () -> {
                log.createTable();
                run(connection, set.up());
                log.add(set, millisSince(began));
            });
            LOG.info("migration {} applied in {} ms", set.id(), millisSince(began));
        }
        return pending.stream().map(ChangeSet::id).toList();
    }

    private void takeBack(Connection connection, ChangeSet set) throws SQLException {
        var log = new MigrationLog(connection, connector.dialect());
        long began = System.nanoTime();
        inTransaction(connection, set, () -> {
            run(connection, set.down());
            log.remove(set);
        });
        LOG.info("migration {} rolled back in {} ms", set.id(), millisSince(began));
    }

    private interface Statements {
        void run() throws SQLException;
    }

    /** A lock that is not had in time lets everybody else pass first: the change set is tried again from its start. */
    private void inTransaction(Connection connection, ChangeSet set, Statements statements) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                MigrationLock.begin(connection, connector.dialect());
                statements.run();
                MigrationLock.commit(connection, connector.dialect());
                return;
            } catch (SQLException e) {
                MigrationLock.undo(connection);
                if (attempt == LOCK_ATTEMPTS || !Failures.lockTimeout(e)) {
                    throw Failures.mayNotCreate(e)
                            ? e
                            : new SQLException(
                                    "migration " + set.id() + " failed: " + e.getMessage(), e.getSQLState(), e);
                }
                LOG.warn("migration {} waits for a lock: {}", set.id(), e.getMessage());
            }
        }
    }

    private static void run(Connection connection, String script) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (var sql : SqlScript.statements(script)) {
                statement.execute(sql);
            }
        }
    }

    private List<ChangeSet> pending(Set<String> applied) {
        return changeSets.stream().filter(set -> !applied.contains(set.id())).toList();
    }

    private Set<String> checked(List<MigrationStatus.Applied> applied) {
        for (var row : applied) {
            var known =
                    changeSets.stream().filter(set -> set.id().equals(row.id())).findFirst();
            if (row.id().equals(SchemaBuilder.UNFINISHED)) {
                throw new DatabaseRefusal("the database " + connector.place() + " is the unfinished target of a move:"
                        + " run the same millrace db move again, or drop its tables");
            }
            if (known.isEmpty()) {
                throw new DatabaseRefusal("the database " + connector.place() + " has migration " + row.id()
                        + ", which this program does not know (its newest is "
                        + changeSets.getLast().id() + "): start the newer Millrace that made it");
            }
            if (!known.get().checksum().equals(row.checksum())) {
                throw new DatabaseRefusal("migration " + row.id() + " of the database " + connector.place()
                        + " differs from this program's: start the Millrace that applied it, or a released one");
            }
        }
        return ids(applied);
    }

    private static Set<String> ids(List<MigrationStatus.Applied> applied) {
        var ids = new HashSet<String>();
        applied.forEach(row -> ids.add(row.id()));
        return ids;
    }

    private DatabaseRefusal refusal(SQLException e) {
        if (Failures.mayNotCreate(e) && connector instanceof PostgresConnector postgres) {
            var role = postgres.settings().user();
            return new DatabaseRefusal(
                    "the role " + role + " may not create tables in " + connector.place()
                            + ": run GRANT USAGE, CREATE ON SCHEMA public TO " + quoted(role) + ";",
                    e);
        }
        return new DatabaseRefusal(
                "the schema of the database " + connector.place() + " can't be read or changed: "
                        + String.valueOf(e.getMessage()).replace('\n', ' '),
                e);
    }

    static String quoted(String role) {
        return role.matches("[a-z_][a-z0-9_]*") ? role : '"' + role.replace("\"", "\"\"") + '"';
    }

    private static long millisSince(long began) {
        return (System.nanoTime() - began) / 1_000_000;
    }
}
