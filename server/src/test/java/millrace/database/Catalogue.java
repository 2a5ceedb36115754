package millrace.database;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import millrace.config.DatabaseSettings;

/** What a database says of its own schema, for comparing. */
final class Catalogue {
    private final Connector connector;

    Catalogue(DatabaseSettings settings) {
        this.connector = Connector.of(settings);
    }

    /** Every table, column, constraint and index as one sorted list of texts; without the log of migrations. */
    List<String> all() {
        if (!connector.dialect().postgres()) {
            return texts("""
                    SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master
                    WHERE tbl_name <> 'schema_migration'""");
        }
        return texts("""
                SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                    || ' ' || a.attnotnull || ' ' || a.attstorage::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p')
                    AND c.relname <> 'schema_migration'
                UNION ALL
                SELECT 'table ' || relname || ' ' || relkind::text || ' ' || coalesce(reloptions::text, '') FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'schema_migration%'
                UNION ALL
                SELECT 'constraint ' || conname || ' ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
                FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_migration'
                UNION ALL
                SELECT 'index ' || indexdef FROM pg_indexes
                WHERE schemaname = 'public' AND tablename <> 'schema_migration'""");
    }

    TreeSet<String> tables() {
        return new TreeSet<>(
                texts(
                        connector.dialect().postgres()
                                ? """
                          SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
                          AND relkind IN ('r', 'p') AND NOT relispartition"""
                                : "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"));
    }

    List<String> indexes(String table) {
        return texts(
                connector.dialect().postgres()
                        ? "SELECT indexdef FROM pg_indexes WHERE tablename = '" + table + "'"
                        : "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '"
                                + table + "'");
    }

    List<String> texts(String sql) {
        try (var connection = connector.open("test");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var texts = new ArrayList<String>();
            while (rows.next()) {
                texts.add(rows.getString(1).replaceAll("\\s+", " "));
            }
            texts.sort(null);
            return texts;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }
}
