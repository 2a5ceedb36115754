package millrace.database;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import millrace.config.DatabaseSettings;
import org.jspecify.annotations.Nullable;
import org.sqlite.JDBC;

/**
 * One connection to a whole database, outside every pool and in autocommit mode, for whoever copies it. Changes no
 * schema by itself. Used by one thread; the caller closes it.
 */
public final class Direct implements AutoCloseable {
    private final Connector connector;
    private final Connection connection;
    private final @Nullable SqliteLock lock;
    private @Nullable Runnable afterwards;

    private Direct(Connector connector, Connection connection, @Nullable SqliteLock lock) {
        this.connector = connector;
        this.connection = connection;
        this.lock = lock;
    }

    /** A connection that counts among others. @param afterwards hears once that it is closed */
    static Direct counted(Connector connector, Connection connection, Runnable afterwards) {
        var direct = new Direct(connector, connection, null);
        direct.afterwards = afterwards;
        return direct;
    }

    /**
     * Opens a database that is there, also beside a running server.
     *
     * @throws DatabaseRefusal when it is not, or can't be reached
     */
    public static Direct beside(DatabaseSettings settings, String purpose) {
        refuseMissing(settings);
        return open(settings, purpose, null);
    }

    private static void refuseMissing(DatabaseSettings settings) {
        if (settings instanceof DatabaseSettings.Sqlite sqlite && !Files.isRegularFile(sqlite.file())) {
            throw new DatabaseRefusal("there is no SQLite database " + sqlite.place()
                    + ": AP_SQLITE_PATH or the URL sqlite:PATH names another file");
        }
    }

    /** Makes a SQLite file, or opens it as it is. */
    public static Direct create(DatabaseSettings.Sqlite settings, String purpose) {
        return open(settings, purpose, null);
    }

    /** The same as {@link #alone} for a database that must be there. */
    public static Direct aloneOn(DatabaseSettings settings, String purpose) {
        refuseMissing(settings);
        return alone(settings, purpose);
    }

    /**
     * Opens a database that no server uses and keeps servers away from a SQLite file until it is closed.
     *
     * @throws DatabaseRefusal when a server runs on it, or it can't be reached
     */
    public static Direct alone(DatabaseSettings settings, String purpose) {
        var lock = settings instanceof DatabaseSettings.Sqlite sqlite ? SqliteLock.of(sqlite.file()) : null;
        try {
            var direct = open(settings, purpose, lock);
            direct.refuseServers();
            return direct;
        } catch (RuntimeException e) {
            if (lock != null) {
                lock.close();
            }
            throw e;
        }
    }

    /**
     * Keeps servers away from a SQLite file, which need not be there.
     *
     * @throws DatabaseRefusal when one has it
     */
    public static AutoCloseable lock(DatabaseSettings.Sqlite settings) {
        var folder = settings.file().toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new DatabaseRefusal("the folder of the SQLite database " + settings.place()
                    + " does not exist: make it, or name another file");
        }
        return SqliteLock.of(settings.file());
    }

    /** An empty SQLite database without a name: the operating system removes it when its connection or process ends. */
    public static Direct scratch() {
        var connector = new SqliteConnector(java.nio.file.Path.of("scratch"));
        try {
            var connection = JDBC.createConnection("jdbc:sqlite:file:", new Properties());
            var direct = new Direct(connector, connection, null);
            direct.execute("PRAGMA journal_mode = OFF");
            direct.execute("PRAGMA synchronous = OFF");
            return direct;
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    private static Direct open(DatabaseSettings settings, String purpose, @Nullable SqliteLock lock) {
        var connector = Connector.of(settings);
        try {
            return new Direct(connector, connector.open(purpose), lock);
        } catch (SQLException e) {
            throw Opening.refusal(connector, e);
        }
    }

    static Direct through(Connector connector, Connection connection) {
        return new Direct(connector, connection, null);
    }

    public Connection connection() {
        return connection;
    }

    /** For short statements only: one that PostgreSQL does not answer in this time fails, and the connection with it. */
    public void answersWithin(Duration time) {
        try {
            if (dialect().postgres()) {
                connection.setNetworkTimeout(Runnable::run, (int) time.toMillis());
            }
        } catch (SQLException e) {
            throw refusal("reading", e);
        }
    }

    public Dialect dialect() {
        return connector.dialect();
    }

    /** For people: host:port/database or the file. */
    public String place() {
        return connector.place();
    }

    /** The connection for stores; its transaction is the caller's. */
    public Tx tx() {
        return new Tx(connection, dialect(), Database.configuration(dialect()));
    }

    public void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column, one text for each row. */
    public List<String> texts(String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            var texts = new ArrayList<String>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        }
    }

    /** One line for the operator: what could not be done, where, why, and what repairs it. */
    public RuntimeException refusal(String what, SQLException e) {
        if (e.getCause() instanceof RuntimeException own) {
            return own;
        }
        if (Failures.mayNotCreate(e) && connector instanceof PostgresConnector postgres) {
            return new DatabaseRefusal(
                    "the role " + postgres.settings().user() + " may not create tables in " + place()
                            + ": run GRANT USAGE, CREATE ON SCHEMA public TO "
                            + SqlNames.quoted(postgres.settings().user()) + ";",
                    e);
        }
        var reason = String.valueOf(e.getMessage())
                .strip()
                .replaceAll("\\s*\\R\\s*", "; ")
                .replaceAll("[.]+$", "");
        return new DatabaseRefusal(what + " " + place() + " failed: " + reason + "; " + advice(e), e);
    }

    private static String advice(SQLException e) {
        if (Failures.away(e)) {
            return "run it again when the database is there and has room";
        }
        return Failures.lockTimeout(e) ? "run it again when nobody else uses the tables" : "nothing was changed";
    }

    private void refuseServers() {
        if (!dialect().postgres()) {
            return;
        }
        try (var statement = connection.createStatement();
                var process = statement.executeQuery("SELECT to_regclass('process') IS NOT NULL")) {
            process.next();
            if (process.getBoolean(1)) {
                RunningServers.refuse(connection, place());
            }
        } catch (SQLException e) {
            throw refusal("reading", e);
        } catch (DatabaseRefusal running) {
            quietlyClose();
            throw running;
        }
    }

    private void quietlyClose() {
        try {
            connection.close();
        } catch (SQLException ignored) {
            // It is given up anyway.
        }
    }

    @Override
    public void close() {
        quietlyClose();
        if (lock != null) {
            lock.close();
        }
        if (afterwards != null) {
            afterwards.run();
            afterwards = null;
        }
    }
}
