package millrace.database;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Properties;
import org.sqlite.Function;
import org.sqlite.JDBC;

/**
 * Connections to one SQLite file: write-ahead log, every commit synced, foreign keys on. A new file gets
 * {@code auto_vacuum=INCREMENTAL}, which can't be turned on later without rewriting it.
 */
final class SqliteConnector implements Connector {
    private final Path file;
    private final Dialect dialect = new SqliteDialect();

    SqliteConnector(Path file) {
        this.file = file;
    }

    Path file() {
        return file;
    }

    @Override
    public String place() {
        return file.toString();
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public Connection open(String purpose) throws SQLException {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new DatabaseRefusal(
                    "the folder of the SQLite database " + file + " does not exist: make it, or set AP_SQLITE_PATH");
        }
        var connection = JDBC.createConnection("jdbc:sqlite:" + file, new Properties());
        try (var statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
            statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = FULL");
            statement.execute("PRAGMA foreign_keys = ON");
            statement.execute("PRAGMA temp_store = MEMORY");
            Function.create(connection, SqliteDialect.LOWER, new Lower(), 1, Function.FLAG_DETERMINISTIC);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static final class Lower extends Function {
        @Override
        protected void xFunc() throws SQLException {
            var text = value_text(0);
            if (text == null) {
                result();
            } else {
                result(text.toLowerCase(Locale.ROOT));
            }
        }
    }
}
