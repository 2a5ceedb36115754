package millrace.database;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second server away from a SQLite file. The lock is on a file beside it: one on the database itself would
 * drop SQLite's own locks when it is closed (POSIX locks belong to the process). It dies with the process.
 *
 * <p>That file holds a byte for as long as its holder has the database open. So a crash is known to the next one, also
 * when a command has opened and closed the database in between and SQLite has put its log away.
 */
final class SqliteLock implements AutoCloseable {
    private final Path database;
    private final FileChannel channel;

    private SqliteLock(Path database, FileChannel channel) {
        this.database = database;
        this.channel = channel;
    }

    static SqliteLock of(Path database) {
        SqliteConnector.refuseNetwork(database);
        try {
            var real = SqliteConnector.real(database);
            var file = real.resolveSibling(real.getFileName() + "-lock");
            var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (locked(channel)) {
                return new SqliteLock(database, channel);
            }
            channel.close();
        } catch (IOException e) {
            throw refusal(database, e);
        }
        throw new DatabaseRefusal("the SQLite database " + database
                + " is in use by another Millrace process: stop it, or set AP_SQLITE_PATH to another file");
    }

    /** Whether the last that said {@link #opened} died before {@link #closed}. */
    boolean leftOpen() {
        try {
            return channel.size() > 0;
        } catch (IOException e) {
            throw refusal(database, e);
        }
    }

    void opened() {
        try {
            channel.write(ByteBuffer.wrap(new byte[1]), 0);
            channel.force(true);
        } catch (IOException e) {
            throw refusal(database, e);
        }
    }

    /** Said again after {@link #close}, it changes nothing: a database may be closed twice. */
    void closed() {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.truncate(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DatabaseRefusal refusal(Path database, IOException e) {
        return new DatabaseRefusal(
                "the SQLite database " + database + " can't be opened: " + e + "; AP_SQLITE_PATH names another file",
                e);
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
