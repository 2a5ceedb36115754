package millrace.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.Function;
import org.sqlite.JDBC;

/**
 * Connections to one SQLite file: write-ahead log, every commit synced, foreign keys on. A new file gets
 * {@code auto_vacuum=INCREMENTAL}, which can't be turned on later without rewriting it.
 */
final class SqliteConnector implements Connector {
    private static final Logger LOG = LoggerFactory.getLogger(SqliteConnector.class);
    /** How the types of file systems begin whose disk is another machine's. */
    private static final List<String> NETWORK = List.of(
            "nfs",
            "cifs",
            "smb",
            "afs",
            "ceph",
            "gluster",
            "lustre",
            "gpfs",
            "ocfs",
            "fuse.sshfs",
            "fuse.gluster",
            "fuse.ceph",
            "fuse.s3",
            "fuse.rclone",
            "fuse.gcsfuse",
            "fuse.juicefs",
            "fuse.blobfuse",
            "fuse.mountpoint-s3",
            "fuse.goofys",
            "fuse.davfs",
            "davfs",
            "beegfs");

    private static final int INCREMENTAL = 2;

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

    /** Where the file lies when no link is left in its path: each name of one file leads to the same lock. */
    static Path real(Path file) throws IOException {
        var absolute = file.toAbsolutePath();
        var folder = absolute.getParent();
        return Files.exists(absolute) || folder == null
                ? absolute.toRealPath()
                : folder.toRealPath().resolve(absolute.getFileName());
    }

    /** @param kind of a file system, as /proc/mounts has it */
    static boolean network(String kind) {
        return NETWORK.stream().anyMatch(kind::startsWith);
    }

    /** @throws DatabaseRefusal for another machine's disk, which keeps neither SQLite's locks nor its log */
    static void refuseNetwork(Path file) {
        try {
            var folder = Objects.requireNonNull(real(file).getParent());
            var kind = Files.getFileStore(folder).type().toLowerCase(Locale.ROOT);
            if (network(kind)) {
                throw new DatabaseRefusal("the SQLite database " + file + " lies on a network file system (" + kind
                        + "), where SQLite loses data: set AP_SQLITE_PATH to a local disk, or use PostgreSQL"
                        + " (AP_POSTGRES_URL)");
            }
        } catch (IOException e) {
            throw new DatabaseRefusal(
                    "the folder of the SQLite database " + file + " can't be looked at: " + e
                            + "; AP_SQLITE_PATH names another file",
                    e);
        }
    }

    /** Whether the last process that had the file did not close it: it has left its log. */
    boolean leftOpen() {
        try {
            var real = real(file);
            return Files.size(real.resolveSibling(real.getFileName() + "-wal")) > 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** @throws DatabaseRefusal when the file is damaged */
    void check(Connection connection) throws SQLException {
        var began = System.nanoTime();
        try (var statement = connection.createStatement();
                var found = statement.executeQuery("PRAGMA integrity_check(1)")) {
            var result = found.next() ? found.getString(1) : "no answer";
            if (!result.equals("ok")) {
                throw new DatabaseRefusal("the SQLite database " + file + " is damaged ("
                        + result.lines().findFirst().orElse("") + "): restore the newest backup with ./millrace db"
                        + " restore FILE --force, or set AP_SQLITE_PATH to another file");
            }
        }
        LOG.info(
                "the last process did not close the database {}; it was checked in {} ms and is whole",
                file,
                (System.nanoTime() - began) / 1_000_000);
    }

    @Override
    public Connection open(String purpose) throws SQLException {
        var folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new DatabaseRefusal(
                    "the folder of the SQLite database " + file + " does not exist: make it, or set AP_SQLITE_PATH");
        }
        refuseNetwork(file);
        var connection = JDBC.createConnection("jdbc:sqlite:" + file, new Properties());
        try (var statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 10000");
            if (!incremental(statement)) {
                statement.execute("PRAGMA auto_vacuum = INCREMENTAL");
            }
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

    /** Set again it would be written again, and who only reads writes nothing. */
    private static boolean incremental(Statement statement) throws SQLException {
        try (var row = statement.executeQuery("PRAGMA auto_vacuum")) {
            return row.next() && row.getInt(1) == INCREMENTAL;
        }
    }

    /** Where there is no file, an empty database that goes with the connection: who only asks makes nothing. */
    Connection openToAsk(String purpose) throws SQLException {
        var folder = file.toAbsolutePath().getParent();
        return Files.exists(file) || folder == null || !Files.isDirectory(folder)
                ? open(purpose)
                : JDBC.createConnection("jdbc:sqlite::memory:", new Properties());
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
