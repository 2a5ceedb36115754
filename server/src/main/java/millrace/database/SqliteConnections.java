package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection that writes, behind a fair queue, and a few that read. Few, because a native call holds the carrier
 * of its virtual thread. May be used from any thread; the lock file keeps other servers away.
 */
final class SqliteConnections implements Connections {
    private static final int READERS = 3;
    private static final int WAIT_SECONDS = 30;

    private final @Nullable SqliteLock lock;
    private final Connection writer;
    private final ReentrantLock writing = new ReentrantLock(true);
    private final ArrayBlockingQueue<Connection> idleReaders = new ArrayBlockingQueue<>(READERS, true);
    private final List<Connection> readers = new ArrayList<>();

    SqliteConnections(SqliteConnector connector, boolean alone) throws SQLException {
        lock = alone ? SqliteLock.of(connector.file()) : null;
        try {
            writer = connector.open("writer");
            for (int i = 0; i < READERS; i++) {
                var reader = connector.open("reader");
                run(reader, "PRAGMA query_only = ON");
                readers.add(reader);
                idleReaders.add(reader);
            }
        } catch (SQLException e) {
            unlock();
            throw e;
        }
    }

    @Override
    public Borrowed write() throws SQLException {
        if (writing.isHeldByCurrentThread()) {
            throw new IllegalStateException("transactions do not nest: pass the Tx on");
        }
        if (!await(() -> writing.tryLock(WAIT_SECONDS, TimeUnit.SECONDS))) {
            throw new SQLTransientConnectionException("no turn to write within " + WAIT_SECONDS + " s");
        }
        return begin(writer, "BEGIN IMMEDIATE", connection -> writing.unlock());
    }

    @Override
    public Borrowed read() throws SQLException {
        var reader = await(() -> idleReaders.poll(WAIT_SECONDS, TimeUnit.SECONDS));
        if (reader == null) {
            throw new SQLTransientConnectionException("no turn to read within " + WAIT_SECONDS + " s");
        }
        return begin(reader, "BEGIN", idleReaders::add);
    }

    @Override
    public DedicatedWriter writer(String purpose) {
        return new DedicatedWriter() {
            @Override
            public <T> T write(SqlWork<T> work) throws SQLException {
                try (var turn = SqliteConnections.this.write()) {
                    var result = work.on(turn.connection());
                    turn.commit();
                    return result;
                }
            }

            @Override
            public void close() {
                // The connection is everybody's.
            }
        };
    }

    @Override
    public void close() {
        writing.lock();
        try {
            for (var reader : readers) {
                reader.close();
            }
            writer.close();
        } catch (SQLException e) {
            throw new IllegalStateException("the SQLite database could not be closed", e);
        } finally {
            writing.unlock();
            unlock();
        }
    }

    private void unlock() {
        if (lock != null) {
            lock.close();
        }
    }

    private static Borrowed begin(Connection connection, String begin, Consumer<Connection> giveBack)
            throws SQLException {
        try {
            run(connection, begin);
        } catch (SQLException e) {
            giveBack.accept(connection);
            throw e;
        }
        return new Turn(connection, giveBack);
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private interface Waiting<T> {
        T get() throws InterruptedException;
    }

    private static <T> T await(Waiting<T> waiting) throws SQLException {
        try {
            return waiting.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException("interrupted while waiting for a turn", e);
        }
    }

    private static final class Turn implements Borrowed {
        private final Connection connection;
        private final Consumer<Connection> giveBack;
        private boolean open = true;

        Turn(Connection connection, Consumer<Connection> giveBack) {
            this.connection = connection;
            this.giveBack = giveBack;
        }

        @Override
        public Connection connection() {
            return connection;
        }

        @Override
        public void commit() throws SQLException {
            run(connection, "COMMIT");
            open = false;
        }

        @Override
        public void close() {
            try {
                if (open) {
                    run(connection, "ROLLBACK");
                }
            } catch (SQLException e) {
                // SQLite has undone the transaction itself, as it does after a full disk or lost memory.
            } finally {
                giveBack.accept(connection);
            }
        }
    }
}
