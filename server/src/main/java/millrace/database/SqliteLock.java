package millrace.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second server away from a SQLite file. The lock is on a file beside it: one on the database itself would
 * drop SQLite's own locks when it is closed (POSIX locks belong to the process). It dies with the process.
 */
final class SqliteLock implements AutoCloseable {
    private final FileChannel channel;

    private SqliteLock(FileChannel channel) {
        this.channel = channel;
    }

    static SqliteLock of(Path database) {
        SqliteConnector.refuseNetwork(database);
        try {
            var real = SqliteConnector.real(database);
            var file = real.resolveSibling(real.getFileName() + "-lock");
            var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (locked(channel)) {
                return new SqliteLock(channel);
            }
            channel.close();
        } catch (IOException e) {
            throw new DatabaseRefusal(
                    "the SQLite database " + database + " can't be opened: " + e
                            + "; AP_SQLITE_PATH names another file",
                    e);
        }
        throw new DatabaseRefusal("the SQLite database " + database
                + " is in use by another Millrace process: stop it, or set AP_SQLITE_PATH to another file");
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
