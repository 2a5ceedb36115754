package millrace.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import millrace.testkit.Client;
import millrace.testkit.ServerProcess;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A flow under load on a durable PostgreSQL: load, server and database share this machine's cores. The same run measures
 * how many single rows the database takes, so that numbers of different machines can be compared.
 */
@Command(mixinStandardHelpOptions = true, description = "Runs a second of one flow.")
final class FlowBench extends PostgresBench {
    private static final int MOST_CLIENTS = 1_000;
    private static final int MOST_SECONDS = 600;
    private static final int MOST_CONNECTIONS = 64;
    private static final int USUAL_CLIENTS = 64;
    private static final int MANY_STEPS = 1_000;
    private static final int CLIENTS_OF_MANY_STEPS = 4;
    private static final int PARTS = 10;
    private static final int MOST_RUNS = 1_000_000_000;
    private static final int PAIRS = 4;
    private static final Duration CATCH_UP = Duration.ofMinutes(2);

    private final String name;
    private final Scenario scenario;

    @Option(names = "--clients", description = "Clients at once (64; 4 where a run executes thousands of steps).")
    private @Nullable Integer askedClients;

    private int clients;

    @Option(names = "--seconds", description = "Length of the measurement (${DEFAULT-VALUE}).", defaultValue = "10")
    private int seconds;

    @Option(names = "--warm-up", description = "Seconds before it (${DEFAULT-VALUE}).", defaultValue = "10")
    private int warmUp;

    @Option(
            names = "--runs",
            description = "Measures so many runs instead of a time, and what memory the server has meanwhile.")
    private int runs;

    @Option(names = "--second", description = "Measures also with a second process that only listens.")
    private boolean second;

    FlowBench(String name, Scenario scenario) {
        this.name = name;
        this.scenario = scenario;
    }

    @Override
    public Integer call() throws IOException, SQLException {
        var usual = scenario.stepsPerRun() < MANY_STEPS ? USUAL_CLIENTS : CLIENTS_OF_MANY_STEPS;
        clients = askedClients == null ? usual : askedClients;
        require("--clients", clients, 1, MOST_CLIENTS);
        require("--seconds", seconds, 1, MOST_SECONDS);
        require("--warm-up", warmUp, 0, MOST_SECONDS);
        if (runs != 0) {
            require("--runs", runs, PARTS, MOST_RUNS);
        }
        return super.call();
    }

    @Override
    int measure(String url) throws IOException, SQLException {
        var store = new Postgres(url);
        try (var sink = new Sink();
                var server = ServerProcess.start(settings(url))) {
            String flow;
            try (var owner = Client.owner(server.base())) {
                flow = owner.publish(scenario.flow().apply(sink.url()));
            }
            var load = new HttpLoad(
                    URI.create(server.base()).getPort(),
                    "/api/v1/webhooks/" + flow + (scenario.sync() ? "/sync" : ""),
                    Json.text(scenario.payload()),
                    scenario.answer());
            load.run(clients, Duration.ofSeconds(warmUp));
            var before = accepted(store);
            var costBefore = Cost.of(store, server.pid());
            var memory = Json.array();
            var many = runs > 0 ? untilRuns(load, server, memory) : load.run(clients, Duration.ofSeconds(seconds));
            var kept = accepted(store) - before;
            var one = load.run(1, Duration.ofSeconds(Math.max(2, seconds / 3)));
            var caughtUp = untilAllEnded(store);
            var measured = (runs > 0 ? runs / PARTS * PARTS : many.latencies().size())
                    + one.latencies().size();
            var cost = Cost.of(store, server.pid()).since(costBefore);
            var pairs = second ? besideSecond(load, url) : Json.array();
            var rows = new InsertRate(store)
                    .measure(Math.min(clients, MOST_CONNECTIONS), Duration.ofSeconds(Math.max(3, seconds / 2)));
            report(many, one, kept, caughtUp, rows, store, measured == 0 ? null : cost, measured, memory, pairs);
            return many.errors() + one.errors() == 0 && measured > 0 ? 0 : 1;
        }
    }

    /** In ten parts; between them the server's memory is looked at. */
    private HttpLoad.Result untilRuns(HttpLoad load, ServerProcess server, ArrayNode memory) throws IOException {
        HttpLoad.Result last = null;
        for (var part = 0; part < PARTS; part++) {
            last = load.run(clients, runs / PARTS);
            memory.add(residentMb(server.pid()));
        }
        return Objects.requireNonNull(last);
    }

    private static long residentMb(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    /** By turns, since a machine is not equally quick all the time. */
    private ArrayNode besideSecond(HttpLoad load, String url) throws IOException {
        var pairs = Json.array();
        for (var pair = 0; pair < PAIRS; pair++) {
            var alone = load.run(clients, Duration.ofSeconds(seconds)).perSecond();
            try (var ignored = ServerProcess.start(settings(url))) {
                // The start of a process is not what is measured.
                load.run(clients, Duration.ofSeconds(2));
                var beside = load.run(clients, Duration.ofSeconds(seconds)).perSecond();
                pairs.addArray().add(Math.round(alone)).add(Math.round(beside));
            }
        }
        return pairs;
    }

    private static Map<String, String> settings(String url) {
        return Map.of(
                "AP_POSTGRES_URL", url,
                "AP_LOG_LEVEL", "warn",
                "AP_ENVIRONMENT", "test",
                "AP_SSRF_ALLOW_LIST", "127.0.0.1",
                "AP_ENCRYPTION_KEY", "0".repeat(32),
                "AP_JWT_SECRET", "bench-".repeat(6),
                "AP_API_RATE_LIMIT_AUTHN_ENABLED", "false");
    }

    private static long accepted(Postgres database) throws SQLException {
        return Long.parseLong(database.ask(
                "SELECT (SELECT count(*) FROM flow_run)" + " + (SELECT count(*) FROM run_queue WHERE NOT recorded)"));
    }

    /** How long the server needed after the load to end every run that it had accepted. */
    private static Duration untilAllEnded(Postgres database) throws SQLException {
        var began = System.nanoTime();
        while (!database.ask("SELECT count(*) FROM run_queue").equals("0")) {
            if (System.nanoTime() - began > CATCH_UP.toNanos()) {
                throw new IllegalStateException("accepted runs have not ended " + CATCH_UP + " after the load");
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private void report(
            HttpLoad.Result many,
            HttpLoad.Result one,
            long kept,
            Duration caughtUp,
            double rows,
            Postgres database,
            @Nullable Cost cost,
            int measured,
            ArrayNode memory,
            ArrayNode pairs)
            throws IOException, SQLException {
        var durable = database.ask("SELECT current_setting('fsync') || ', ' || current_setting('synchronous_commit')");
        var version = database.ask("SHOW server_version");
        System.out.printf(
                "%s: %s; PostgreSQL %s (fsync, synchronous_commit: %s)%n", name, scenario.what(), version, durable);
        System.out.println("clients    runs/s  steps/s   p50 ms   p95 ms   p99 ms   errors");
        row(many);
        row(one);
        System.out.printf(
                Locale.ROOT,
                "runs kept in the database during the first line: %d of %d; all ended %d ms after the last%n",
                kept,
                many.latencies().size(),
                caughtUp.toMillis());
        System.out.printf(
                Locale.ROOT,
                "single-row inserts of 1 KB by %d connections: %.0f rows/s; runs are %.2f of that%n",
                Math.min(clients, MOST_CONNECTIONS),
                rows,
                many.perSecond() / rows);
        if (cost != null) {
            System.out.println(cost.perRun(measured));
        }
        if (!memory.isEmpty()) {
            System.out.println("server's memory in MB after each tenth of the runs: " + Json.text(memory));
        }
        if (!pairs.isEmpty()) {
            System.out.println("runs/s alone and beside a second process, by turns: " + Json.text(pairs));
        }
        for (var result : new HttpLoad.Result[] {many, one}) {
            if (result.errors() > 0) {
                System.out.println("first error at " + result.clients() + " clients: " + result.firstError());
            }
        }
        var all = Json.object().put("bench", name).put("postgres", version).put("durability", durable);
        all.set("load", measured(many));
        all.set("oneClient", measured(one));
        all.put("runsKept", kept)
                .put("caughtUpMs", caughtUp.toMillis())
                .put("insertRowsPerSecond", Math.round(rows))
                .put("ratio", many.perSecond() / rows);
        if (cost != null) {
            all.set("cost", cost.json(measured));
        }
        if (!memory.isEmpty()) {
            all.set("memoryMb", memory);
        }
        if (!pairs.isEmpty()) {
            all.set("aloneAndBesideSecond", pairs);
        }
        tell(all);
    }

    private void row(HttpLoad.Result result) {
        System.out.printf(
                Locale.ROOT,
                "%7d  %8.0f %8.0f  %7.2f  %7.2f  %7.2f  %7d%n",
                result.clients(),
                result.perSecond(),
                result.perSecond() * scenario.stepsPerRun(),
                result.latencies().percentile(0.50),
                result.latencies().percentile(0.95),
                result.latencies().percentile(0.99),
                result.errors());
    }

    private ObjectNode measured(HttpLoad.Result result) {
        return Json.object()
                .put("clients", result.clients())
                .put("seconds", result.time().toSeconds())
                .put("runs", result.latencies().size())
                .put("runsPerSecond", Math.round(result.perSecond()))
                .put("stepsPerSecond", Math.round(result.perSecond() * scenario.stepsPerRun()))
                .put("p50Ms", result.latencies().percentile(0.50))
                .put("p95Ms", result.latencies().percentile(0.95))
                .put("p99Ms", result.latencies().percentile(0.99))
                .put("errors", result.errors());
    }
}
