package millrace.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import millrace.engine.Json;
import millrace.testkit.Client;
import millrace.testkit.CommandLines;
import millrace.testkit.FlowBuilder;
import millrace.testkit.ServerProcess;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The first page of every filtered list of runs, over a large and a small store by turns. */
@Command(mixinStandardHelpOptions = true, description = "The runs list over many runs.")
final class ListBench implements Callable<Integer> {
    private static final long LEAST_RUNS = 1_000;
    private static final long MOST_RUNS = 100_000_000;
    private static final int MOST_TIMES = 10_000;
    private static final int FLOWS = 11;
    private static final int WARM_UP = 8;
    private static final double MOST_MILLIS = 50;
    private static final double MOST_SEARCH_MILLIS = 100;
    private static final double MOST_RATIO = 1.2;
    /** What a millisecond's clock and a busy machine make of two equal times. */
    private static final double EQUAL_MILLIS = 1;

    @Option(names = "--runs", description = "Runs in the large store (${DEFAULT-VALUE}).", defaultValue = "10000000")
    private long runs;

    @Option(names = "--small", description = "Runs in the small store (${DEFAULT-VALUE}).", defaultValue = "10000")
    private long small;

    @Option(names = "--times", description = "Measurements of each page (${DEFAULT-VALUE}).", defaultValue = "40")
    private int times;

    @Option(
            names = "--store",
            description = "Databases for the large and the small store, as AP_POSTGRES_URL; filled when empty.",
            arity = "2")
    private @Nullable List<String> stores;

    @Option(names = "--json", description = "Writes the result to this file too.")
    private @Nullable Path json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, SQLException {
        CommandLines.require(spec.commandLine(), "--runs", runs, LEAST_RUNS, MOST_RUNS);
        CommandLines.require(spec.commandLine(), "--small", small, LEAST_RUNS, MOST_RUNS);
        CommandLines.require(spec.commandLine(), "--times", times, 1, MOST_TIMES);
        if (stores != null) {
            return measure(stores.get(0), stores.get(1));
        }
        try (var postgres = DurablePostgres.start()) {
            return measure(postgres.url(), postgres.another());
        }
    }

    private int measure(String largeUrl, String smallUrl) throws IOException, SQLException {
        try (var large = Store.open(largeUrl, runs);
                var little = Store.open(smallUrl, small)) {
            var rows = new InsertRate(large.database).measure(8, Duration.ofSeconds(3));
            System.out.printf(
                    Locale.ROOT,
                    "first page of 10 over %d and %d runs in %d days; single-row inserts of 1 KB by 8 connections: %.0f rows/s%n",
                    large.count,
                    little.count,
                    GeneratedRuns.DAYS,
                    rows);
            System.out.println("rows   p50 ms   p95 ms   small p50   ratio  filter");
            var all =
                    Json.object().put("bench", "list").put("runs", large.count).put("smallRuns", little.count);
            all.put("insertRowsPerSecond", Math.round(rows));
            var pages = all.putArray("pages");
            var missed = new ArrayList<String>();
            var littleFilters = little.filters();
            for (var filter : large.filters().entrySet()) {
                var page = measure(
                        filter.getKey(),
                        large,
                        filter.getValue(),
                        little,
                        Objects.requireNonNull(littleFilters.get(filter.getKey())));
                pages.add(page);
                if (!page.path("held").asBoolean()) {
                    missed.add(filter.getKey());
                }
            }
            System.out.println(missed.isEmpty() ? "every page holds its bound" : "over their bound: " + missed);
            System.out.println(Json.text(all));
            if (json != null) {
                Files.writeString(json, Json.text(all) + "\n");
            }
            return missed.isEmpty() ? 0 : 1;
        }
    }

    private ObjectNode measure(String name, Store large, String filter, Store little, String littleFilter) {
        var many = new Latencies();
        var few = new Latencies();
        JsonNode page = Json.object();
        for (var i = -WARM_UP; i < times; i++) {
            var began = System.nanoTime();
            page = large.page(filter);
            var between = System.nanoTime();
            little.page(littleFilter);
            var ended = System.nanoTime();
            if (i >= 0) {
                many.add(between - began);
                few.add(ended - between);
            }
        }
        var search = filter.contains("failedStepMessage");
        var p50 = many.percentile(0.5);
        var smallP50 = few.percentile(0.5);
        var held = p50 < (search ? MOST_SEARCH_MILLIS : MOST_MILLIS)
                && (search || p50 <= MOST_RATIO * smallP50 + EQUAL_MILLIS);
        var count = page.path("data").size();
        System.out.printf(
                Locale.ROOT,
                "%4d  %7.2f  %7.2f  %10.2f  %6.2f  %s%s%n",
                count,
                p50,
                many.percentile(0.95),
                smallP50,
                p50 / smallP50,
                name,
                held ? "" : "   <- over its bound");
        return Json.object()
                .put("filter", name)
                .put("rows", count)
                .put("cursor", page.path("next").isTextual())
                .put("p50Ms", p50)
                .put("p95Ms", many.percentile(0.95))
                .put("smallP50Ms", smallP50)
                .put("ratio", p50 / smallP50)
                .put("held", held);
    }

    /** One database, its server and the ids to ask for. */
    private static final class Store implements AutoCloseable {
        final Postgres database;
        final ServerProcess server;
        final Client owner;
        final long count;
        private final List<String> flows;

        private Store(Postgres database, ServerProcess server, Client owner, List<String> flows, long count) {
            this.database = database;
            this.server = server;
            this.owner = owner;
            this.flows = flows;
            this.count = count;
        }

        static Store open(String url, long runs) throws SQLException {
            var database = new Postgres(url);
            var server = ServerProcess.start(Map.of(
                    "AP_POSTGRES_URL",
                    url,
                    "AP_LOG_LEVEL",
                    "warn",
                    "AP_ENVIRONMENT",
                    "test",
                    "AP_API_RATE_LIMIT_AUTHN_ENABLED",
                    "false",
                    // A store that is kept is opened again by another process, in another folder.
                    "AP_ENCRYPTION_KEY",
                    "0".repeat(32),
                    "AP_JWT_SECRET",
                    "bench-".repeat(6)));
            var owner = Client.owner(server.base());
            var flows = new ArrayList<String>();
            owner.get("/flows?limit=100&projectId=" + owner.projectId())
                    .success()
                    .path("data")
                    .forEach(flow -> flows.add(flow.path("id").asText()));
            if (flows.isEmpty()) {
                IntStream.range(0, FLOWS + 1).forEach(i -> flows.add(owner.publish(FlowBuilder.fourSteps())));
                System.out.println("filling a store with " + runs + " runs");
                new GeneratedRuns(database, owner.projectId(), flows.subList(1, flows.size()), flows.getFirst())
                        .fill(runs, Instant.now());
            }
            // Sorted by how many runs they have: the list of flows has an order of its own.
            var bySize =
                    database.column("SELECT \"flowId\" FROM (SELECT \"flowId\" FROM flow_run LIMIT 200000) AS sample"
                            + " GROUP BY 1 ORDER BY count(*) DESC");
            var rare = database.column("SELECT \"flowId\" FROM flow_run WHERE id LIKE '%rare000000000'")
                    .getFirst();
            bySize.remove(rare);
            bySize.add(rare);
            return new Store(
                    database, server, owner, bySize, Long.parseLong(database.ask("SELECT count(*) FROM flow_run")));
        }

        JsonNode page(String filter) {
            return owner.get("/flow-runs?projectId=" + owner.projectId() + filter)
                    .success();
        }

        /** The queries by what they ask for. */
        Map<String, String> filters() {
            var often = "&flowId=" + flows.getFirst();
            var seldom = "&flowId=" + flows.getLast();
            var never = "&flowId=" + "x".repeat(21);
            var now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            var filters = new LinkedHashMap<String, String>();
            filters.put("none", "");
            filters.put("status, common", "&status=FAILED");
            filters.put("status, rare", "&status=" + GeneratedRuns.RARE_STATUS);
            filters.put("status, none", "&status=MEMORY_LIMIT_EXCEEDED");
            filters.put("status, SUCCEEDED", "&status=SUCCEEDED");
            filters.put(
                    "status, three",
                    "&status=FAILED&status=" + GeneratedRuns.RARE_STATUS + "&status=MEMORY_LIMIT_EXCEEDED");
            filters.put(
                    "status, all that failed rarely",
                    "&status=" + GeneratedRuns.RARE_STATUS + "&status=MEMORY_LIMIT_EXCEEDED");
            filters.put("flowId, common", often);
            filters.put("flowId, rare", seldom);
            filters.put("flowId, none", never);
            filters.put("flowId, three", often + seldom + never);
            filters.put("flowId and status, common", often + "&status=FAILED");
            filters.put("flowId and status, rare", often + "&status=" + GeneratedRuns.RARE_STATUS);
            filters.put("tags, common", "&tags=" + GeneratedRuns.COMMON_TAG);
            filters.put("tags, one of a thousand", "&tags=customer-7");
            filters.put("tags, rare", "&tags=" + GeneratedRuns.RARE_TAG);
            filters.put("tags, none", "&tags=nobody");
            filters.put("tags and flowId", "&tags=customer-7" + often);
            filters.put("createdAfter", "&createdAfter=" + now.minus(2, ChronoUnit.DAYS));
            filters.put("createdBefore", "&createdBefore=" + now.minus(20, ChronoUnit.DAYS));
            filters.put(
                    "createdAfter and createdBefore",
                    "&createdAfter=" + now.minus(12, ChronoUnit.DAYS) + "&createdBefore="
                            + now.minus(10, ChronoUnit.DAYS));
            filters.put("failedStepName, common", "&failedStepName=" + GeneratedRuns.COMMON_STEP);
            filters.put("failedStepName, rare", "&failedStepName=" + GeneratedRuns.RARE_STEP);
            filters.put("failedStepName, none", "&failedStepName=nowhere");
            filters.put("failedStepName and status", "&status=TIMEOUT&failedStepName=" + GeneratedRuns.COMMON_STEP);
            filters.put("failedStepMessage, common", "&failedStepMessage=" + encoded(GeneratedRuns.COMMON_MESSAGE));
            filters.put("failedStepMessage, rare", "&failedStepMessage=" + encoded(GeneratedRuns.RARE_MESSAGE));
            filters.put("failedStepMessage, none", "&failedStepMessage=nothing");
            filters.put("flowRunIds", some());
            filters.put("includeArchived", "&includeArchived=true");
            filters.put("includeArchived and status", "&includeArchived=true&status=FAILED");
            filters.put("inDoubt", "&inDoubt=true");
            filters.put(
                    "cursor",
                    "&cursor="
                            + encoded(page("&createdBefore=" + now.minus(7, ChronoUnit.DAYS))
                                    .path("next")
                                    .asText()));
            return filters;
        }

        /** The ids of ten runs. */
        private String some() {
            var ids = new StringBuilder();
            page("&createdBefore=" + Instant.now().minus(15, ChronoUnit.DAYS))
                    .path("data")
                    .forEach(run ->
                            ids.append("&flowRunIds=").append(run.path("id").asText()));
            return ids.toString();
        }

        private static String encoded(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            owner.close();
            server.close();
        }
    }
}
