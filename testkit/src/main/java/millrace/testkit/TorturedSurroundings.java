package millrace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import millrace.Surroundings;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunTables;
import millrace.engine.JournalRecord;
import millrace.engine.RecordCodec;
import millrace.journal.JournalReader;
import millrace.journal.JournalWriter;
import millrace.journal.Waits;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.HttpSender;

/**
 * The faults inside a tortured server's own process, by system properties:
 * {@code torture.clock} names a file with the milliseconds by which the wall clock is wrong;
 * {@code torture.stopBeforeSend=n} stops the process (SIGSTOP) between the barrier of its n-th request and its sending;
 * {@code torture.stopBeforeStore=n} stops it before the flush of its n-th change of the key-value store or a table;
 * {@code torture.without} takes a part of the protocol away.
 */
public final class TorturedSurroundings implements Surroundings {
    private static final byte PLAIN = 1;

    /** Parts of the protocol. Without one of them a torture must find a broken promise. */
    public enum Part {
        /** Who waits until what a run has done so far is durable. */
        BARRIER,
        /** A process whose lanes have passed writes nothing. */
        EPOCH,
        /** The mark of a call that is about to be made. */
        INTENT
    }

    /** What a server's environment needs for these faults. */
    static Map<String, String> environment(String options) {
        return Map.of(
                "MILLRACE_CLASS_PATH",
                Path.of(TorturedSurroundings.class
                                .getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())
                        .toString(),
                "MILLRACE_JAVA_OPTIONS",
                // They live for seconds: the second compiler would take more time than it saves.
                "-XX:TieredStopAtLevel=1 -Dmillrace.surroundings=" + TorturedSurroundings.class.getName() + " "
                        + options);
    }

    private static boolean without(Part part) {
        return part.name().equals(System.getProperty("torture.without"));
    }

    @Override
    public InstantSource clock() {
        var file = System.getProperty("torture.clock");
        return file == null ? InstantSource.system() : () -> Instant.now().plusMillis(offset(Path.of(file)));
    }

    private static long offset(Path file) {
        try {
            var text = Files.exists(file) ? Files.readString(file) : "";
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public HttpSender sender(HttpSender guarded) {
        var left = new AtomicInteger(Integer.getInteger("torture.stopBeforeSend", 0));
        return new HttpSender() {
            @Override
            public HttpOutcome send(HttpCall call) {
                if (left.getAndDecrement() == 1) {
                    stop();
                }
                return guarded.send(call);
            }
        };
    }

    private static void stop() {
        try {
            var pid = Long.toString(ProcessHandle.current().pid());
            new ProcessBuilder("kill", "-STOP", pid).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without barriers, a run goes on as if everything were durable at once. */
    @Override
    public Waits waits() {
        return !without(Part.BARRIER)
                ? Waits.SYSTEM
                : new Waits() {
                    @Override
                    public long nanos() {
                        return Waits.SYSTEM.nanos();
                    }

                    @Override
                    public void sleep(Duration duration) throws InterruptedException {
                        Waits.SYSTEM.sleep(duration);
                    }

                    @Override
                    @SuppressWarnings("unchecked")
                    public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
                        return Thread.currentThread().getName().startsWith("run-")
                                ? (T) JournalWriter.Outcome.DURABLE
                                : Waits.SYSTEM.await(future);
                    }

                    @Override
                    public <T> T await(CompletableFuture<T> future, Duration atMost)
                            throws InterruptedException, ExecutionException, TimeoutException {
                        return Waits.SYSTEM.await(future, atMost);
                    }
                };
    }

    @Override
    public RunTables tables(RunTables tables) {
        var changed = changed(tables);
        var left = STORES;
        return left.get() == 0
                ? changed
                : flushing(changed, (connection, lane, number, batch) -> {
                    if (batch.stream().anyMatch(TorturedSurroundings::stores) && left.getAndDecrement() == 1) {
                        stop();
                    }
                    return changed.flush(connection, lane, number, batch);
                });
    }

    /** Of the whole process: each writer has tables of its own. */
    private static final AtomicInteger STORES = new AtomicInteger(Integer.getInteger("torture.stopBeforeStore", 0));

    private static boolean stores(RunFlush flush) {
        return flush.effects() != null && flush.effects().change() != null;
    }

    private static RunTables changed(RunTables tables) {
        if (without(Part.EPOCH)) {
            return flushing(tables, (connection, lane, number, batch) -> {
                unfence(connection, lane);
                return tables.flush(connection, lane, number, batch);
            });
        }
        if (without(Part.INTENT)) {
            return flushing(
                    tables,
                    (connection, lane, number, batch) -> tables.flush(
                            connection,
                            lane,
                            number,
                            batch.stream().map(WithoutIntents::stripped).toList()));
        }
        return tables;
    }

    @FunctionalInterface
    private interface Flush {
        boolean flush(Connection connection, Lane lane, long number, List<RunFlush> batch) throws SQLException;
    }

    /** The tables with another way to flush. */
    @SuppressWarnings("unchecked")
    private static RunTables flushing(RunTables tables, Flush flush) {
        return (RunTables) Proxy.newProxyInstance(
                RunTables.class.getClassLoader(), new Class<?>[] {RunTables.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("flush")) {
                        return flush.flush(
                                (Connection) arguments[0], (Lane) arguments[1], (long) arguments[2], (List<RunFlush>)
                                        arguments[3]);
                    }
                    try {
                        return method.invoke(tables, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
    }

    /** A lane that has passed is made anew, and writes. */
    private static void unfence(Connection connection, Lane lane) throws SQLException {
        try (var statement = connection.prepareStatement("INSERT INTO lane (\"processId\", lane, epoch)"
                + " VALUES (?, ?, ?) ON CONFLICT (\"processId\", lane) DO UPDATE SET epoch = excluded.epoch")) {
            statement.setString(1, lane.processId());
            statement.setInt(2, lane.number());
            statement.setLong(3, lane.epoch());
            statement.executeUpdate();
        }
    }

    private static final class WithoutIntents {
        private WithoutIntents() {}

        private static RunFlush stripped(RunFlush flush) {
            var journal = flush.journal();
            return new RunFlush(
                    flush.runId(),
                    flush.projectId(),
                    flush.accepted(),
                    journal == null
                            ? null
                            : new RunFlush.JournalRow(
                                    journal.seq(), journal.firstPath(), journal.lastPath(), stripped(journal.doc())),
                    flush.blobs(),
                    flush.run(),
                    flush.queue(),
                    flush.effects());
        }

        private static byte[] stripped(byte[] document) {
            var out = new ByteArrayOutputStream();
            out.write(PLAIN);
            JournalReader.read(List.of(document), (path, part) -> new byte[0]).stream()
                    .filter(record -> !(record instanceof JournalRecord.Intent))
                    .forEach(record -> RecordCodec.write(out, record, false));
            return out.toByteArray();
        }
    }
}
