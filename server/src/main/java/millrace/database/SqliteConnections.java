package millrace.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import millrace.access.Patience;
import org.jspecify.annotations.Nullable;

/**
 * One connection that writes, behind a fair queue, and a few that read. Few, because a native call holds the carrier
 * of its virtual thread. May be used from any thread; the lock file keeps other servers away.
 */
final class SqliteConnections implements Connections {
    private static final int READERS = 3;
    private static final Duration STANDARD = Duration.ofSeconds(5);
    /** Journal writers take their time. */
    private static final Duration WAIT = Duration.ofSeconds(30);

    private final @Nullable SqliteLock lock;
    private final Reach reach;
    private final Parking parking;
    private final SqliteConnector connector;
    private final Connection writer;
    private final ReentrantLock writing = new ReentrantLock(true);
    private final ArrayBlockingQueue<Connection> idleReaders = new ArrayBlockingQueue<>(READERS, true);
    private final List<Connection> readers = new ArrayList<>();

    SqliteConnections(SqliteConnector connector, boolean alone, Reach reach, Parking parking) throws SQLException {
        this.connector = connector;
        this.reach = reach;
        this.parking = parking;
        lock = alone ? SqliteLock.of(connector.file()) : null;
        try {
            var crashed = lock != null && (lock.leftOpen() || connector.leftOpen());
            writer = connector.open("writer");
            if (crashed) {
                connector.check(writer);
            }
            if (lock != null) {
                lock.opened();
            }
            for (int i = 0; i < READERS; i++) {
                var reader = connector.open("reader");
                run(reader, "PRAGMA query_only = ON");
                readers.add(reader);
                idleReaders.add(reader);
            }
        } catch (SQLException | RuntimeException e) {
            unlock();
            throw e;
        }
    }

    @Override
    public Borrowed write(Patience patience) throws SQLException {
        if (writing.isHeldByCurrentThread()) {
            throw new IllegalStateException("transactions do not nest: pass the Tx on");
        }
        // Zero, since without a time it would pass those who wait.
        if (!await(() -> writing.tryLock(0, TimeUnit.NANOSECONDS))) {
            try (var place = parking.enter()) {
                if (!await(() -> writing.tryLock(patience.left(STANDARD).toNanos(), TimeUnit.NANOSECONDS))) {
                    throw new NotConnected("no turn to write in time");
                }
            }
        }
        return begin(writer, "BEGIN IMMEDIATE", connection -> writing.unlock());
    }

    @Override
    public Borrowed read(Patience patience) throws SQLException {
        var reader = idleReaders.poll();
        if (reader == null) {
            try (var place = parking.enter()) {
                reader = await(() -> idleReaders.poll(patience.left(STANDARD).toNanos(), TimeUnit.NANOSECONDS));
            }
        }
        if (reader == null) {
            throw new NotConnected("no turn to read in time");
        }
        return begin(reader, "BEGIN", idleReaders::add);
    }

    /** Readers do not count here: the log serves any number. */
    @Override
    public Direct direct(String purpose) throws SQLException {
        return Direct.counted(connector, connector.open(purpose), () -> {});
    }

    @Override
    public DedicatedWriter writer(String purpose) {
        return new DedicatedWriter() {
            @Override
            public <T> T write(SqlWork<T> work) throws SQLException {
                try (var turn = SqliteConnections.this.write(new Patience(WAIT))) {
                    try {
                        var result = work.on(turn.connection());
                        turn.commit();
                        return result;
                    } catch (SQLException e) {
                        turn.failed(e);
                        throw e;
                    }
                }
            }

            @Override
            public void close() {
                // The connection is everybody's.
            }
        };
    }

    @Override
    public boolean answers(Patience patience) throws SQLException {
        try (var turn = read(patience);
                var statement = turn.connection().createStatement();
                var row = statement.executeQuery("SELECT 1")) {
            return row.next();
        }
    }

    @Override
    public boolean committed(CommitUnknown unknown, Patience patience) {
        throw new IllegalStateException("a commit to a file is never unknown", unknown);
    }

    @Override
    public void close() {
        writing.lock();
        try {
            for (var reader : readers) {
                reader.close();
            }
            writer.close();
            if (lock != null) {
                lock.closed();
            }
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

    private Borrowed begin(Connection connection, String begin, Consumer<Connection> giveBack) throws SQLException {
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
            throw new NotConnected("interrupted while waiting for a turn");
        }
    }

    private final class Turn implements Borrowed {
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
            reach.answered();
        }

        @Override
        public void failed(SQLException e) {
            if (Failures.away(e)) {
                reach.failed(e);
            }
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
