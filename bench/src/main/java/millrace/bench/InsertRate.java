package millrace.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** The yardstick: rows of 1 KB, one an autocommit statement, by so many connections at once. */
final class InsertRate {
    private static final int ROW_CHARACTERS = 1_000;

    private final Postgres database;

    InsertRate(Postgres database) {
        this.database = database;
    }

    /** Rows a second. */
    double measure(int connections, Duration time) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS bench_yardstick");
            statement.execute("CREATE TABLE bench_yardstick (id text PRIMARY KEY, doc text)");
        }
        try (var threads = Executors.newFixedThreadPool(connections)) {
            var end = System.nanoTime() + time.toNanos();
            var work = IntStream.range(0, connections)
                    .<Callable<Long>>mapToObj(writer -> () -> insertUntil(end, writer))
                    .toList();
            var rows = 0L;
            for (Future<Long> one : threads.invokeAll(work)) {
                rows += one.get();
            }
            return rows / (time.toNanos() / 1e9);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the yardstick could not be measured", e.getCause());
        } finally {
            try (var connection = database.connect();
                    var statement = connection.createStatement()) {
                statement.execute("DROP TABLE bench_yardstick");
            }
        }
    }

    private long insertUntil(long end, int writer) throws SQLException {
        var doc = "x".repeat(ROW_CHARACTERS);
        try (var connection = database.connect();
                var statement = connection.prepareStatement("INSERT INTO bench_yardstick VALUES (?, ?)")) {
            var rows = 0L;
            while (System.nanoTime() < end) {
                statement.setString(1, writer + "-" + rows);
                statement.setString(2, doc);
                statement.executeUpdate();
                rows++;
            }
            return rows;
        }
    }
}
