package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What change sets take while they run on one connection: locks, rewritten tables, space. Looks before each commit. */
final class Footprint implements SchemaChanger.Watch {
    /** PostgreSQL's modes, the weakest first; readers share the first one with everybody but ACCESS EXCLUSIVE. */
    private static final List<String> MODES = List.of(
            "ACCESS SHARE",
            "ROW SHARE",
            "ROW EXCLUSIVE",
            "SHARE UPDATE EXCLUSIVE",
            "SHARE",
            "SHARE ROW EXCLUSIVE",
            "EXCLUSIVE",
            "ACCESS EXCLUSIVE");
    /** Partitions count as their table, and so do the tables of large values. */
    private static final String RELATIONS = """
            WITH own AS (
                SELECT c.oid, coalesce(parent.relname, c.relname) AS name, c.reltoastrelid FROM pg_class c
                LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
                LEFT JOIN pg_class parent ON parent.oid = i.inhparent
                WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind IN ('r', 'p', 'i', 'm')
            ), files AS (
                SELECT oid, name, true AS main FROM own
                UNION ALL SELECT reltoastrelid, name, false FROM own WHERE reltoastrelid <> 0
                UNION ALL SELECT i.indexrelid, name, false FROM own JOIN pg_index i ON i.indrelid = own.reltoastrelid
            )
            SELECT oid::text, name, pg_relation_filenode(oid)::bigint, pg_relation_size(oid),
                main AND pg_stat_get_xact_tuples_updated(oid) > 0
            FROM files""";

    private static final String LOCKS = """
            SELECT DISTINCT coalesce(parent.relname, c.relname), l.mode, c.oid::text FROM pg_locks l
            JOIN pg_class c ON c.oid = l.relation
            LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
            LEFT JOIN pg_class parent ON parent.oid = i.inhparent
            WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migration'
                AND c.relnamespace = to_regnamespace(current_schema())""";

    private final Connection connection;
    private final boolean postgres;
    private final Map<String, String> locks = new TreeMap<>();
    private final TreeSet<String> rewritten = new TreeSet<>();
    private Map<String, Stored> before = Map.of();
    private long space;

    /** @param updated whether rows of it were written again */
    private record Stored(String table, long file, long bytes, boolean updated) {}

    Footprint(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.postgres = dialect.postgres();
    }

    /** Forgets all and looks how it is now. */
    void begin() throws SQLException {
        locks.clear();
        rewritten.clear();
        space = 0;
        before = stored();
    }

    /** The strongest lock on each table that was there before. */
    Map<String, String> locks() {
        return Map.copyOf(locks);
    }

    List<String> rewritten() {
        return List.copyOf(rewritten);
    }

    /** The bytes that the database had to grow by, at the most. */
    long space() {
        return space;
    }

    @Override
    public void beforeStatement(ChangeSet set, String statement) {
        // A concurrent build has transactions of its own, so nobody can look before its commit.
        if (statement.contains(" CONCURRENTLY ") && postgres) {
            var lock = StatementLocks.of(statement, new PostgresDialect()).split(" on ", 2);
            if (lock.length == 2) {
                locks.merge(lock[1], lock[0], Footprint::stronger);
            }
        }
    }

    @Override
    public void beforeCommit(ChangeSet set) throws SQLException {
        if (postgres) {
            lookAtLocks();
        }
        var now = stored();
        for (var relation : now.entrySet()) {
            var is = relation.getValue();
            var old = before.get(relation.getKey());
            if (old == null) {
                space += is.bytes();
                continue;
            }
            boolean same = old.file() == is.file();
            space += Math.max(0, is.bytes() - (same ? old.bytes() : 0));
            if (!same || is.updated()) {
                rewritten.add(is.table());
            }
        }
        before = now;
    }

    private void lookAtLocks() throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(LOCKS)) {
            while (rows.next()) {
                var mode = mode(rows.getString(2));
                if (before.containsKey(rows.getString(3)) && !mode.equals(MODES.getFirst())) {
                    locks.merge(rows.getString(1), mode, Footprint::stronger);
                }
            }
        }
    }

    /** {@code AccessExclusiveLock} is ACCESS EXCLUSIVE. */
    private static String mode(String name) {
        return name.replaceAll("Lock$", "")
                .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                .toUpperCase(java.util.Locale.ROOT);
    }

    static String stronger(String one, String other) {
        return MODES.indexOf(one) > MODES.indexOf(other) ? one : other;
    }

    private Map<String, Stored> stored() throws SQLException {
        return postgres ? storedInPostgres() : storedInSqlite();
    }

    private Map<String, Stored> storedInPostgres() throws SQLException {
        var stored = new HashMap<String, Stored>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(RELATIONS)) {
            while (rows.next()) {
                stored.put(
                        rows.getString(1),
                        new Stored(rows.getString(2), rows.getLong(3), rows.getLong(4), rows.getBoolean(5)));
            }
        }
        return stored;
    }

    /** A table that was rebuilt has another first page. The file as a whole stands under no name. */
    private Map<String, Stored> storedInSqlite() throws SQLException {
        var stored = new HashMap<String, Stored>();
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' AND rootpage > 0")) {
            while (rows.next()) {
                var name = rows.getString(1);
                stored.put(name, new Stored(name, rows.getLong(2), 0, false));
            }
        }
        try (var statement = connection.createStatement();
                var size = statement.executeQuery("SELECT (page_count - freelist_count) * page_size"
                        + " FROM pragma_page_count, pragma_freelist_count, pragma_page_size")) {
            size.next();
            stored.put("", new Stored("", 0, size.getLong(1), false));
        }
        return stored;
    }
}
