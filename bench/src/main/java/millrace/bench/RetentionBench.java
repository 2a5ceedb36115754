package millrace.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import millrace.config.Settings;
import millrace.database.Database;
import millrace.engine.Json;
import millrace.testkit.Client;
import millrace.testkit.FlowBuilder;
import millrace.testkit.ServerProcess;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long the retention takes to drop a day of runs, and what somebody who looks a run up meanwhile notices of it. */
@Command(mixinStandardHelpOptions = true, description = "Dropping a day of runs.")
final class RetentionBench extends PostgresBench {
    private static final double MOST_MILLIS = 1_000;
    private static final long MOST_RUNS = 100_000_000;
    private static final int DAYS_BACK = 60;

    @Option(names = "--runs", description = "Runs of the day (${DEFAULT-VALUE}).", defaultValue = "1000000")
    private long runs;

    @Override
    public Integer call() throws IOException, SQLException {
        require("--runs", runs, 1, MOST_RUNS);
        return super.call();
    }

    @Override
    int measure(String url) throws IOException, SQLException {
        var store = new Postgres(url);
        var now = Instant.now();
        fill(store, now);
        var yardstick = new InsertRate(store).measure(8, Duration.ofSeconds(3));
        var bytes = store.numbers("SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
                + " WHERE inhparent = 'flow_run'::regclass")[0];
        var drop = drop(store, now);
        var plain = dropPlain(store, bytes);
        var left = Long.parseLong(store.ask("SELECT count(*) FROM flow_run"));
        System.out.println(
                "runs of the day   MB  gone for all ms  files ms  longest look ms  plain table ms  runs left");
        System.out.printf(
                Locale.ROOT,
                "%15d %4d  %15.0f  %8.0f  %15.0f  %14.0f  %9d%n",
                runs,
                bytes >> 20,
                drop.goneMillis(),
                drop.filesMillis(),
                drop.longestLookMillis(),
                plain,
                left);
        System.out.printf(Locale.ROOT, "single-row inserts of 1 KB by 8 connections: %.0f rows/s%n", yardstick);
        var result = Json.object()
                .put("bench", "retention")
                .put("runs", runs)
                .put("bytes", bytes)
                .put("goneMs", drop.goneMillis())
                .put("dropMs", drop.filesMillis())
                .put("longestLookMs", drop.longestLookMillis())
                .put("plainDropMs", plain)
                .put("left", left)
                .put("insertRowsPerSecond", Math.round(yardstick));
        tell(result);
        return left == 0 && drop.goneMillis() < MOST_MILLIS ? 0 : 1;
    }

    private void fill(Postgres store, Instant now) throws SQLException {
        try (var server = ServerProcess.start(Map.of("AP_POSTGRES_URL", store.url(), "AP_ENVIRONMENT", "test"));
                var owner = Client.owner(server.base())) {
            var flows = List.of(owner.publish(FlowBuilder.fourSteps()), owner.publish(FlowBuilder.fourSteps()));
            server.stop();
            System.out.println("filling a day with " + runs + " runs");
            var day = now.atZone(ZoneOffset.UTC).toLocalDate().minusDays(DAYS_BACK);
            new GeneratedRuns(store, owner.projectId(), flows, flows.getFirst()).fillDay(day, runs, now);
            // A day that old has long been vacuumed and written out.
            store.run("VACUUM ANALYZE flow_run");
            store.run("CHECKPOINT");
        }
    }

    /**
     * @param goneMillis until somebody who looks sees none of the runs; no lock is held from then on
     * @param filesMillis until the call returned: PostgreSQL removes a table's files at the end of its commit
     * @param longestLookMillis of somebody who looks all the while
     */
    private record Drop(double goneMillis, double filesMillis, double longestLookMillis) {}

    /** As the server does it once an hour. */
    private static Drop drop(Postgres store, Instant now) throws IOException, SQLException {
        var settings =
                Settings.load(Map.of("AP_POSTGRES_URL", store.url()), Files.createTempDirectory("millrace-bench-"));
        try (var opened = Database.open(settings.database())) {
            opened.partitions().ensure();
            var began = System.nanoTime();
            var onlooker = CompletableFuture.supplyAsync(() -> look(store, began));
            opened.runRetention().removeBefore(now.minus(DAYS_BACK / 2, ChronoUnit.DAYS));
            var files = millisSince(began);
            var seen = onlooker.join();
            return new Drop(seen.goneMillis(), files, seen.longestLookMillis());
        }
    }

    /** Looks for a run until there is none. */
    private static Drop look(Postgres store, long began) {
        try (var connection = store.connect();
                var look = connection.prepareStatement("SELECT EXISTS (SELECT FROM flow_run)")) {
            var longest = 0.0;
            for (var seen = true; seen; ) {
                var asked = System.nanoTime();
                try (var answer = look.executeQuery()) {
                    answer.next();
                    seen = answer.getBoolean(1);
                }
                longest = Math.max(longest, millisSince(asked));
            }
            return new Drop(millisSince(began), 0, longest);
        } catch (SQLException e) {
            throw new IllegalStateException("the onlooker lost its connection", e);
        }
    }

    /** What the files alone cost. */
    private static double dropPlain(Postgres store, long bytes) throws SQLException {
        store.run("CREATE TABLE bench_plain AS SELECT repeat(md5(n::text), 30) AS text FROM generate_series(1, "
                + bytes / 1024 + ") AS n");
        var began = System.nanoTime();
        store.run("DROP TABLE bench_plain");
        return millisSince(began);
    }

    private static double millisSince(long began) {
        return (System.nanoTime() - began) / 1e6;
    }
}
