package millrace.bench;

import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import millrace.testkit.Client;
import millrace.testkit.FlowBuilder;
import millrace.testkit.ServerProcess;
import millrace.testkit.Step;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Paused runs, each resumed by its own address, until all have ended. */
@Command(mixinStandardHelpOptions = true, description = "Runs that wait, and are resumed.")
final class ResumeBench extends PostgresBench {
    private static final int MOST_RUNS = 1_000_000;
    private static final int MOST_CLIENTS = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Option(names = "--runs", description = "Runs that wait (${DEFAULT-VALUE}).", defaultValue = "10000")
    private int runs;

    @Option(names = "--clients", description = "Clients at once (${DEFAULT-VALUE}).", defaultValue = "64")
    private int clients;

    @Override
    public Integer call() throws IOException, SQLException {
        require("--runs", runs, 1, MOST_RUNS);
        require("--clients", clients, 1, MOST_CLIENTS);
        return super.call();
    }

    @Override
    int measure(String url) throws IOException, SQLException {
        var store = new Postgres(url);
        try (var server = ServerProcess.start(Map.of(
                "AP_POSTGRES_URL", url,
                "AP_LOG_LEVEL", "warn",
                "AP_ENVIRONMENT", "test",
                "AP_API_RATE_LIMIT_AUTHN_ENABLED", "false"))) {
            String flow;
            try (var owner = Client.owner(server.base())) {
                flow = owner.publish(FlowBuilder.flow("Wait")
                        .onWebhook()
                        .step("links", Step.piece("@activepieces/piece-approval", "0.1.8", "create_approval_links"))
                        .step("wait", Step.piece("@activepieces/piece-approval", "0.1.8", "wait_for_approval"))
                        .step("answer", Step.respond("1")));
            }
            var port = URI.create(server.base()).getPort();
            var start = new HttpLoad(port, "/api/v1/webhooks/" + flow, "{}", "{}").run(clients, runs);
            until(store, "SELECT count(*) FROM run_queue WHERE status = 'PAUSED'", runs);
            var addresses = store.column(
                    "SELECT '/api/v1/flow-runs/' || \"flowRunId\" || '/waitpoints/' || id || '?action=approve' FROM waitpoint");
            var before = Cost.of(store, server.pid());
            var began = System.nanoTime();
            var resumed = new HttpLoad(port, addresses, "{}").run(clients, addresses.size());
            until(store, "SELECT count(*) FROM run_queue", 0);
            var seconds = (System.nanoTime() - began) / 1e9;
            var cost = Cost.of(store, server.pid()).since(before);
            var succeeded = Long.parseLong(store.ask("SELECT count(*) FROM flow_run WHERE status = 'SUCCEEDED'"));
            var rows = new InsertRate(store).measure(Math.min(clients, 64), Duration.ofSeconds(5));
            System.out.println("   runs  paused/s  resumed and ended/s   p50 ms   p99 ms   errors  succeeded");
            System.out.printf(
                    Locale.ROOT,
                    "%7d  %8.0f  %19.0f  %7.1f  %7.1f  %7d  %9d%n",
                    runs,
                    start.perSecond(),
                    runs / seconds,
                    resumed.latencies().percentile(0.5),
                    resumed.latencies().percentile(0.99),
                    resumed.errors() + start.errors(),
                    succeeded);
            System.out.println(cost.perRun(runs));
            System.out.printf(
                    Locale.ROOT,
                    "single-row inserts of 1 KB by %d connections: %.0f rows/s; resumed runs are %.2f of that%n",
                    Math.min(clients, 64),
                    rows,
                    runs / seconds / rows);
            var result = Json.object()
                    .put("bench", "resume")
                    .put("runs", runs)
                    .put("resumedPerSecond", runs / seconds)
                    .put("p50Ms", resumed.latencies().percentile(0.5))
                    .put("p99Ms", resumed.latencies().percentile(0.99))
                    .put("errors", resumed.errors() + start.errors())
                    .put("succeeded", succeeded)
                    .put("insertRowsPerSecond", Math.round(rows));
            result.set("cost", cost.json(runs));
            tell(result);
            return succeeded == runs ? 0 : 1;
        }
    }

    private static void until(Postgres store, String question, long answer) throws SQLException {
        var began = System.nanoTime();
        while (Long.parseLong(store.ask(question)) != answer) {
            if (System.nanoTime() - began > PATIENCE.toNanos()) {
                throw new IllegalStateException(
                        "after " + PATIENCE + ": " + question + " is " + store.ask(question) + "; queue: "
                                + store.column("SELECT status || ' ' || count(*) FROM run_queue GROUP BY status"));
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
