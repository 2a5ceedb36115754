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
        var millis = drop(url, now);
        var left = Long.parseLong(store.ask("SELECT count(*) FROM flow_run"));
        System.out.println("runs of the day  dropped in ms  runs left");
        System.out.printf(Locale.ROOT, "%15d  %13.0f  %9d%n", runs, millis, left);
        System.out.printf(Locale.ROOT, "single-row inserts of 1 KB by 8 connections: %.0f rows/s%n", yardstick);
        var result = Json.object()
                .put("bench", "retention")
                .put("runs", runs)
                .put("dropMs", millis)
                .put("left", left)
                .put("insertRowsPerSecond", Math.round(yardstick));
        tell(result);
        return left == 0 && millis < MOST_MILLIS ? 0 : 1;
    }

    private void fill(Postgres store, Instant now) throws SQLException {
        try (var server = ServerProcess.start(Map.of("AP_POSTGRES_URL", store.url(), "AP_ENVIRONMENT", "test"));
                var owner = Client.owner(server.base())) {
            var flows = List.of(owner.publish(FlowBuilder.fourSteps()), owner.publish(FlowBuilder.fourSteps()));
            server.stop();
            System.out.println("filling a day with " + runs + " runs");
            var day = now.atZone(ZoneOffset.UTC).toLocalDate().minusDays(DAYS_BACK);
            new GeneratedRuns(store, owner.projectId(), flows, flows.getFirst()).fillDay(day, runs, now);
        }
    }

    /** As the server does it once an hour. */
    private static double drop(String url, Instant now) throws IOException {
        var settings = Settings.load(Map.of("AP_POSTGRES_URL", url), Files.createTempDirectory("millrace-bench-"));
        try (var opened = Database.open(settings.database())) {
            opened.partitions().ensure();
            var began = System.nanoTime();
            opened.runRetention().removeBefore(now.minus(DAYS_BACK / 2, ChronoUnit.DAYS));
            return (System.nanoTime() - began) / 1e6;
        }
    }
}
