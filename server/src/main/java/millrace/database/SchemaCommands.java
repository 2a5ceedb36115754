package millrace.database;

import java.util.List;
import millrace.config.DatabaseSettings;

/** What {@code db migrate}, {@code db rollback} and {@code db status} do; cli parses and prints. */
public final class SchemaCommands {
    private SchemaCommands() {}

    /** Applies what is pending and makes the partitions. @return the ids of the change sets applied */
    public static List<String> migrate(DatabaseSettings settings, Safeguard safeguard) {
        try (var database = Database.open(settings)) {
            var applied = database.migrations(safeguard).apply();
            database.partitions().ensure();
            return applied;
        }
    }

    /** Applies what is pending up to this change set. @return the ids of those applied */
    public static List<String> migrateTo(DatabaseSettings settings, Safeguard safeguard, String last) {
        try (var database = Database.open(settings)) {
            return database.migrations(safeguard).applyTo(last);
        }
    }

    /** What {@link #migrate} would do, for people. Changes nothing; also beside a running server. */
    public static String plan(DatabaseSettings settings) {
        return migrations(settings).plan();
    }

    /**
     * Takes the newest change sets back. Rows of tables that they do not drop stay.
     *
     * @return the ids, in the order in which they went
     * @throws DatabaseRefusal while a server runs on the database
     */
    public static List<String> rollback(DatabaseSettings settings, Safeguard safeguard, int count) {
        try (var database = Database.open(settings)) {
            RunningServers.refuse(database);
            return database.migrations(safeguard).rollback(count);
        }
    }

    /** The same for all change sets after this one. */
    public static List<String> rollbackTo(DatabaseSettings settings, Safeguard safeguard, String newest) {
        try (var database = Database.open(settings)) {
            RunningServers.refuse(database);
            return database.migrations(safeguard).rollbackTo(newest);
        }
    }

    /** What is applied and what is pending; also beside a running server, and of a newer schema. */
    public static MigrationStatus status(DatabaseSettings settings) {
        return migrations(settings).status();
    }

    /** @throws DatabaseRefusal for a schema that is newer than this program, or another one */
    public static void check(DatabaseSettings settings) {
        migrations(settings).check();
    }

    private static Migrations migrations(DatabaseSettings settings) {
        var connector = Connector.of(settings);
        return new Migrations(connector, ChangeSet.all(connector.dialect()), Safeguard.NONE);
    }
}
