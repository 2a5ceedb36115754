package millrace.database;

import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jooq.Schema;

/**
 * Makes and removes the whole schema through one connection, in its transaction if it has one open: for archives, which
 * need a schema of a given version with nothing in it.
 */
public final class SchemaBuilder {
    /** Stands in {@code schema_migration} until a move is done: no program starts on what it does not know. */
    static final String UNFINISHED = "9999_move_unfinished";

    private static final String LOG = "schema_migration";
    private static final Pattern MADE =
            Pattern.compile("^CREATE TABLE (?:IF NOT EXISTS )?\"?(\\w+)", Pattern.MULTILINE);
    private static final Set<String> KNOWN = made();

    private final Direct direct;

    public SchemaBuilder(Direct direct) {
        this.direct = direct;
    }

    /** The names of all tables that change sets make, also of those that later ones drop, and the log of migrations. */
    public static Set<String> known() {
        return KNOWN;
    }

    private static Set<String> made() {
        return Stream.concat(
                        ChangeSet.all(new SqliteDialect()).stream()
                                .flatMap(set -> MADE.matcher(set.up()).results())
                                .map(made -> made.group(1)),
                        Stream.of(LOG))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The generated classes, for the types of columns. */
    public static Schema schema() {
        return millrace.schema.DefaultSchema.DEFAULT_SCHEMA;
    }

    /** The tables of ours that are there, in the order in which they were made; not the log of migrations. */
    public List<String> tables() throws SQLException {
        return direct
                .texts(
                        direct.dialect().postgres()
                                ? """
                          SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema())
                          AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY oid"""
                                : "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
                .stream()
                .filter(name -> known().contains(name) && !name.equals(LOG))
                .toList();
    }

    /** Whether any table of ours is there, also one without rows. */
    public boolean present() throws SQLException {
        return !tables().isEmpty() || has(LOG);
    }

    private boolean has(String table) throws SQLException {
        return !direct.texts(
                        direct.dialect().postgres()
                                ? "SELECT to_regclass('" + table + "')::text WHERE to_regclass('" + table
                                        + "') IS NOT NULL"
                                : "SELECT name FROM sqlite_master WHERE type = 'table' AND name = '" + table + "'")
                .isEmpty();
    }

    /** The ids of the applied change sets, in order. */
    public List<String> applied() throws SQLException {
        return has(LOG) ? direct.texts("SELECT id FROM " + LOG + " ORDER BY id") : List.of();
    }

    /** @throws DatabaseRefusal for a schema that is newer than this program, or that a move has not finished */
    public void refuseUnknown() throws SQLException {
        Migrations.refuseUnknown(direct.place(), applied(), ChangeSet.all(direct.dialect()));
    }

    /** Whether a move into this database has begun and not ended. */
    public boolean unfinished() throws SQLException {
        return applied().contains(UNFINISHED);
    }

    public void markUnfinished() throws SQLException {
        log().createTable();
        log().add(ChangeSet.of(UNFINISHED, "", ""), 0);
    }

    public void markFinished() throws SQLException {
        log().remove(ChangeSet.of(UNFINISHED, "", ""));
    }

    private MigrationLog log() {
        return new MigrationLog(direct.connection(), direct.dialect());
    }

    /** The newest change set that this program knows. */
    public static String newest() {
        return ChangeSet.all(new SqliteDialect()).getLast().id();
    }

    /** Those of the change sets that this program does not know. */
    public static List<String> unknown(Collection<String> ids) {
        var known =
                ChangeSet.all(new SqliteDialect()).stream().map(ChangeSet::id).collect(Collectors.toSet());
        return ids.stream().filter(id -> !known.contains(id)).toList();
    }

    /** Keeps other processes from changing the schema until the open transaction ends. */
    public void lock() throws SQLException {
        direct.execute("SELECT pg_advisory_xact_lock(" + MigrationLock.KEY + ")");
    }

    /** Drops the tables of ours with all their rows. */
    public void drop() throws SQLException {
        for (var table : tables()) {
            direct.execute("DROP TABLE \"" + table + "\" CASCADE");
        }
        direct.execute("DROP TABLE IF EXISTS " + LOG);
    }

    /**
     * Makes the schema that these change sets make, and on PostgreSQL the partitions.
     *
     * @param days the days that rows to be loaded belong to
     */
    public void create(Collection<String> ids, Collection<LocalDate> days) throws SQLException {
        log().createTable();
        var wanted = new HashSet<>(ids);
        for (var set : ChangeSet.all(direct.dialect())) {
            if (wanted.contains(set.id())) {
                long began = System.nanoTime();
                for (var sql : SqlScript.statements(set.up())) {
                    direct.execute(sql);
                }
                log().add(set, (System.nanoTime() - began) / 1_000_000);
            }
        }
        if (direct.dialect().postgres()) {
            Partitions.makeAll(direct.tx(), days);
        }
    }

    /**
     * Drops the foreign keys, so that rows come in any order. Only for PostgreSQL; SQLite has a switch.
     *
     * @return the statements that make them again, and so check every row
     */
    public List<String> takeForeignKeys() throws SQLException {
        var ours = " FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'f'"
                + " AND k.connamespace = to_regnamespace(current_schema()) AND c.relname IN ('"
                + String.join("', '", known()) + "') ORDER BY c.relname, k.conname";
        var back = direct.texts("SELECT 'ALTER TABLE ' || quote_ident(c.relname) || ' ADD CONSTRAINT '"
                + " || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid)" + ours);
        for (var drop : direct.texts("SELECT 'ALTER TABLE ' || quote_ident(c.relname) || ' DROP CONSTRAINT '"
                + " || quote_ident(k.conname)" + ours)) {
            direct.execute(drop);
        }
        return back;
    }
}
