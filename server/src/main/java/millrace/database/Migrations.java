package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import millrace.config.ProgramSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the schema forward and back, one change set a transaction.
 *
 * <ol>
 *   <li>A change set and its row in {@code schema_migration} are committed together: a process killed at any point
 *       leaves nothing half done.
 *   <li>Each is applied once, however many processes start at once ({@link MigrationLock}).
 *   <li>Before rows are dropped or rewritten, a {@link Safeguard} keeps them; without it that change set is refused.
 *   <li>When nothing is pending, a start spends one query.
 * </ol>
 */
public final class Migrations {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

    private final Connector connector;
    private final List<ChangeSet> changeSets;
    private final Safeguard safeguard;
    private final SchemaChanger.Watch watch;

    Migrations(Connector connector, List<ChangeSet> changeSets, Safeguard safeguard) {
        this(connector, changeSets, safeguard, SchemaChanger.Watch.NOBODY);
    }

    Migrations(Connector connector, List<ChangeSet> changeSets, Safeguard safeguard, SchemaChanger.Watch watch) {
        this.connector = connector;
        this.changeSets = List.copyOf(changeSets);
        this.safeguard = safeguard;
        this.watch = watch;
    }

    /**
     * Applies all pending change sets.
     *
     * @return their ids, in order
     * @throws DatabaseRefusal when the schema is newer than this program, an applied change set has changed, or the
     *     role may not create tables
     */
    public List<String> apply() {
        return applyTo(changeSets.getLast().id());
    }

    /**
     * Applies the pending change sets up to this one.
     *
     * @return their ids, in order
     * @throws DatabaseRefusal as {@link #apply}, and when there is no such change set
     */
    public List<String> applyTo(String last) {
        requireKnown(last);
        try (var connection = connect()) {
            if (pending(connection).isEmpty()) {
                return List.of();
            }
            try (var exclusive = MigrationLock.take(connector)) {
                return applyPending(connection, last);
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
        return rollback(count, "");
    }

    /**
     * Takes back all change sets after this one, newest first.
     *
     * @return their ids, in the order in which they went
     */
    public List<String> rollbackTo(String newest) {
        requireKnown(newest);
        return rollback(changeSets.size(), newest);
    }

    private List<String> rollback(int count, String newest) {
        try (var connection = connect();
                var exclusive = MigrationLock.take(connector)) {
            var applied = checked(MigrationLog.read(connection, connector.dialect()));
            var going = changeSets.reversed().stream()
                    .filter(set -> applied.contains(set.id()) && set.id().compareTo(newest) > 0)
                    .limit(count)
                    .toList();
            // Nothing is written between them, since no server runs: one copy has the rows of all.
            for (var set : going) {
                if (RowLoss.now(connection, set.down())) {
                    keep(connection, set, "rolled back");
                    break;
                }
            }
            var changer = new SchemaChanger(connection, connector.dialect(), watch);
            for (var set : going) {
                LOG.info("migration {} rolled back in {} ms", set.id(), changer.down(set));
            }
            return going.stream().map(ChangeSet::id).toList();
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    private void keep(Connection connection, ChangeSet set, String what) {
        try {
            LOG.info(
                    "migration {} drops or rewrites rows: all of the database is kept in the backup {}, which was verified",
                    set.id(),
                    safeguard.keep(set.id(), Direct.through(connector, connection)));
        } catch (RuntimeException e) {
            throw new DatabaseRefusal(
                    "migration " + set.id() + " of the database " + connector.place()
                            + " drops or rewrites rows and was" + " not " + what
                            + ", since the backup before it failed: " + e.getMessage(),
                    e);
        }
    }

    private void requireKnown(String id) {
        if (changeSets.stream().noneMatch(set -> set.id().equals(id))) {
            throw new DatabaseRefusal("this program has no migration " + id + ": ./millrace db status lists them");
        }
    }

    /** What {@link #apply} would do, for people: the SQL, the locks it takes, whether there is a way back. */
    public String plan() {
        try (var connection = ask()) {
            var text = new StringBuilder();
            for (var set : pending(checked(MigrationLog.read(connection, connector.dialect())))) {
                text.append("-- migration ").append(set.id()).append('\n');
                text.append("-- way back: ")
                        .append(SqlScript.statements(set.down()).isEmpty() ? "none" : "yes")
                        .append(set.stepwise() ? "; committed statement by statement\n" : "; one transaction\n")
                        .append(
                                RowLoss.possible(set.up())
                                        ? "-- rows: drops or rewrites some, after a backup was made\n"
                                        : "");
                for (var statement : SqlScript.statements(set.up())) {
                    text.append("-- locks: ")
                            .append(StatementLocks.of(statement, connector.dialect()))
                            .append('\n')
                            .append(statement)
                            .append(";\n\n");
                }
            }
            return text.isEmpty() ? "nothing is pending" : text.toString().strip();
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

    /**
     * Refuses a schema that is newer than this program, or another one.
     *
     * @throws DatabaseRefusal naming the change set
     */
    public void check() {
        try (var connection = ask()) {
            checked(MigrationLog.read(connection, connector.dialect()));
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    /** What is applied and what is pending; also for a schema that is newer than this program. */
    public MigrationStatus status() {
        try (var connection = ask()) {
            return status(connection);
        } catch (SQLException e) {
            throw refusal(e);
        }
    }

    MigrationStatus status(Connection connection) throws SQLException {
        var applied = MigrationLog.read(connection, connector.dialect());
        return new MigrationStatus(
                applied,
                pending(ids(applied)).stream()
                        .map(set -> new MigrationStatus.Pending(set.id()))
                        .toList());
    }

    private Connection ask() {
        try {
            return connector instanceof SqliteConnector sqlite
                    ? sqlite.openToAsk("migrations")
                    : connector.open("migrations");
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    private Connection connect() {
        try {
            return connector.open("migrations");
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    private List<String> applyPending(Connection connection, String last) throws SQLException {
        var changer = new SchemaChanger(connection, connector.dialect(), watch);
        // Read again under the lock: another process may have been faster.
        var pending = pending(connection).stream()
                .filter(set -> set.id().compareTo(last) <= 0)
                .toList();
        for (var set : pending) {
            if (RowLoss.now(connection, set.up())) {
                keep(connection, set, "applied");
            }
            LOG.info("migration {} applied in {} ms", set.id(), changer.up(set));
        }
        return pending.stream().map(ChangeSet::id).toList();
    }

    /** What is pending; none is told to the log. */
    private List<ChangeSet> pending(Connection connection) throws SQLException {
        var pending = pending(checked(MigrationLog.read(connection, connector.dialect())));
        if (pending.isEmpty()) {
            LOG.info("database schema is up to date ({} migrations)", changeSets.size());
        }
        return pending;
    }

    private List<ChangeSet> pending(Set<String> applied) {
        return changeSets.stream().filter(set -> !applied.contains(set.id())).toList();
    }

    private Set<String> checked(List<MigrationStatus.Applied> applied) {
        refuseUnknown(connector.place(), ids(applied), changeSets);
        for (var set : changeSets) {
            if (applied.stream()
                    .anyMatch(
                            row -> row.id().equals(set.id()) && !row.checksum().equals(set.checksum()))) {
                throw new DatabaseRefusal("migration " + set.id() + " of the database " + connector.place()
                        + " differs from this program's: start the Millrace that applied it, or a released one");
            }
        }
        return ids(applied);
    }

    /** @throws DatabaseRefusal for a schema that is newer than this program, or that a move has not finished */
    static void refuseUnknown(String place, Collection<String> applied, List<ChangeSet> known) {
        if (applied.contains(SchemaBuilder.UNFINISHED)) {
            throw new DatabaseRefusal("the database " + place + " is the unfinished target of a move:"
                    + " run the same millrace db move again, or drop its tables");
        }
        var unknown = new TreeSet<>(applied);
        known.forEach(set -> unknown.remove(set.id()));
        if (!unknown.isEmpty()) {
            throw new DatabaseRefusal("the database " + place + " has migration " + unknown.first()
                    + ", which this program, Millrace " + ProgramSettings.VERSION + ", does not know (its newest is "
                    + known.getLast().id() + "): start the newer Millrace that made it");
        }
    }

    private static Set<String> ids(List<MigrationStatus.Applied> applied) {
        var ids = new HashSet<String>();
        applied.forEach(row -> ids.add(row.id()));
        return ids;
    }

    private DatabaseRefusal refusal(SQLException e) {
        if (Failures.mayNotCreate(e)
                && String.valueOf(e.getMessage()).contains("permission denied for table")
                && connector instanceof PostgresConnector postgres) {
            return new DatabaseRefusal(
                    "the role " + postgres.settings().user() + " may not use the tables in " + connector.place() + " ("
                            + Failures.firstLine(e) + "): connect as the role that owns them, or run GRANT ALL ON ALL"
                            + " TABLES IN " + remedy(postgres).replaceFirst(".* ON (SCHEMA)", "$1"),
                    e);
        }
        if (Failures.mayNotCreate(e) && connector instanceof PostgresConnector postgres) {
            return new DatabaseRefusal(
                    "the role " + postgres.settings().user() + " may not create tables in " + connector.place()
                            + ": run " + remedy(postgres),
                    e);
        }
        return new DatabaseRefusal(
                "the schema of the database " + connector.place() + " can't be read or changed: "
                        + String.valueOf(e.getMessage()).replace('\n', ' '),
                e);
    }

    /** What gives the role a place for its tables: the first schema of the search path. */
    private static String remedy(PostgresConnector postgres) {
        var role = SqlNames.quoted(postgres.settings().user());
        var path = "public";
        try (var connection = postgres.open("migrations");
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT current_schema(), current_setting('search_path')")) {
            row.next();
            if (row.getString(1) != null) {
                path = SqlNames.quoted(row.getString(1));
            } else if (!row.getString(2).contains("public")) {
                return "CREATE SCHEMA " + row.getString(2).split(",", -1)[0].strip() + " AUTHORIZATION " + role + ";";
            }
        } catch (SQLException e) {
            LOG.debug("the search path could not be asked: {}", e.getMessage());
        }
        return "GRANT USAGE, CREATE ON SCHEMA " + path + " TO " + role + ";";
    }
}
