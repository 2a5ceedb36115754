package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * Real servers under load while everything that can break does: {@link Faults}. An {@link Oracle} outside remembers what
 * was accepted and what happened; then the faults end, and both are compared.
 */
public final class Torture implements AutoCloseable {
    private static final int CLIENTS = 4;
    private static final int MOST_WEBHOOKS = 50_000;
    private static final int BETWEEN_FAULTS = 15;
    private static final int DISK_MEGABYTES = 256;
    private static final Duration BETWEEN_WEBHOOKS = Duration.ofMillis(50);
    private static final Duration LEASE = Duration.ofSeconds(3);
    private static final Duration EVERYTHING_ENDS = Duration.ofMinutes(2);
    private static final long PAUSE_NANOS = 10_000_000;
    /** One link in so many is followed only after everything else has ended. */
    private static final int LATE_LINK = 8;

    /** At rest: a run that has not ended is with a process, or waits. */
    private static final String LOST = """
            SELECT count(*) FROM flow_run r WHERE r.status IN ('QUEUED', 'RUNNING', 'PAUSED') AND NOT EXISTS (
                SELECT 1 FROM run_queue q WHERE q.id = r.id AND (q."processId" IN (SELECT id FROM process)
                    OR q."waitpointId" IN (SELECT id FROM waitpoint)))
            """;
    /** At rest: lists see every run. */
    private static final String UNSEEN =
            "SELECT count(*) FROM run_queue q WHERE NOT EXISTS (SELECT 1 FROM flow_run r WHERE r.id = q.id)";

    private final Options options;
    private final Path directory;
    private final @Nullable RestartablePostgres postgres;
    private final @Nullable SmallDisk disk;
    private final List<TcpProxy> proxies = new ArrayList<>();
    private final List<ServerProcess> servers = new ArrayList<>();
    private final EffectLog effects;
    private final Oracle oracle = new Oracle();
    private final Faults faults;
    private final AtomicInteger sent = new AtomicInteger();
    private final Set<String> links = ConcurrentHashMap.newKeySet();
    private final Queue<String> open = new ConcurrentLinkedQueue<>();
    private final Queue<String> late = new ConcurrentLinkedQueue<>();
    private final TorturedFlow plain;
    private final TorturedFlow waiting;
    private final TorturedFlow called;
    private final TorturedFlow calling;
    /** All promises, to the end. */
    private boolean held;

    /**
     * @param atMost the faults end after this, though there were fewer kills
     * @param without taken away from the protocol, to see that somebody notices; null for none
     */
    public record Options(
            long seed,
            int kills,
            Duration atMost,
            TestDatabase.Kind database,
            TorturedSurroundings.@Nullable Part without) {}

    /**
     * @param givenUp runs that were taken over too often in the same step
     * @param broken the promises that were broken, in words
     * @param leftOut faults that this machine does not allow; empty if none
     * @param directory keeps the faults, the effects and the servers' logs; gone when nothing was broken
     */
    public record Report(
            Options options,
            int kills,
            int accepted,
            int runs,
            int effects,
            int repeated,
            int givenUp,
            List<String> broken,
            String leftOut,
            Path directory) {}

    private Torture(Options options) throws IOException {
        this.options = options;
        this.directory = Files.createTempDirectory("millrace-torture-");
        this.effects = EffectLog.start(directory.resolve("effects"), this::told);
        this.postgres = options.database() == TestDatabase.Kind.POSTGRES ? RestartablePostgres.start() : null;
        if (postgres == null) {
            var folder = Files.createDirectory(directory.resolve("server-0"));
            disk = SmallDisk.mount(folder, DISK_MEGABYTES).orElse(null);
            servers.add(ServerProcess.start(settings(folder), folder));
        } else {
            disk = null;
            for (int i = 0; i < 2; i++) {
                var proxy = TcpProxy.to(postgres.port());
                proxies.add(proxy);
                var folder = Files.createDirectory(directory.resolve("server-" + i));
                var settings = settings(folder);
                settings.put("AP_POSTGRES_URL", "postgresql://postgres@127.0.0.1:" + proxy.port() + "/postgres");
                servers.add(ServerProcess.start(settings, folder));
            }
        }
        this.faults = new Faults(
                new Faults.Site(
                        directory, servers, proxies, postgres, disk, effects, LEASE, options.without(), without()),
                new SplittableRandom(options.seed()));
        try (var owner = Client.owner(servers.getFirst().base())) {
            plain = TorturedFlow.plain(owner, effects.url(), options.without() != TorturedSurroundings.Part.BARRIER);
            waiting = TorturedFlow.waiting(owner, effects.url());
            called = TorturedFlow.called(owner, effects.url());
            calling = TorturedFlow.calling(owner, effects.url(), called);
        }
    }

    /**
     * Two processes on PostgreSQL or one on SQLite, their faults, and the checks.
     *
     * @throws AssertionError when that could not be played to its end; it names the seed
     */
    public static Report run(Options options) {
        try (var torture = new Torture(options)) {
            try (var load = Executors.newVirtualThreadPerTaskExecutor()) {
                torture.play(load);
            }
            return torture.check();
        } catch (IOException | RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "seed " + options.seed() + " could not be played to its end: " + CommandLines.oneLine(e), e);
        }
    }

    private Map<String, String> settings(Path folder) {
        var settings = new HashMap<>(Map.of(
                "AP_API_RATE_LIMIT_AUTHN_ENABLED", "false",
                "AP_NETWORK_MODE", "UNRESTRICTED",
                "AP_LOG_LEVEL", "warn",
                "AP_FRONTEND_URL", "http://millrace.test",
                "AP_MAX_RECORDS_PER_TABLE", "1000000",
                "AP_LEASE_SECONDS", Long.toString(LEASE.toSeconds()),
                "AP_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef",
                "AP_JWT_SECRET", "torture-torture-torture-torture-torture"));
        settings.putAll(TorturedSurroundings.environment(Faults.options(folder, without())));
        return settings;
    }

    private String without() {
        return options.without() == null ? "" : "-Dtorture.without=" + options.without();
    }

    // ---- load

    private void play(ExecutorService load) {
        var ending = new AtomicBoolean();
        for (int i = 0; i < CLIENTS; i++) {
            var mine = i;
            load.submit(() -> call(mine, ending));
        }
        load.submit(() -> follow(ending));
        try {
            var deadline = System.nanoTime() + options.atMost().toNanos();
            while (faults.kills() < options.kills() && System.nanoTime() < deadline) {
                awaitAccepted(oracle.accepted() + BETWEEN_FAULTS);
                faults.next();
            }
            faults.end();
            awaitAccepted(oracle.accepted() + BETWEEN_FAULTS);
        } finally {
            ending.set(true);
        }
    }

    private void call(int client, AtomicBoolean ending) {
        try (var caller = Caller.to("")) {
            for (var number = sent.incrementAndGet();
                    !ending.get() && number <= MOST_WEBHOOKS;
                    number = sent.incrementAndGet()) {
                var base = servers.get((number + client) % servers.size()).base();
                call(caller, base + "/api/v1/webhooks/", number);
                LockSupport.parkNanos(BETWEEN_WEBHOOKS.toNanos());
            }
        }
    }

    private void call(Caller caller, String webhooks, int number) {
        var body = Json.object().put("number", number);
        var flow = switch (number % 4) {
            case 0, 1 -> plain;
            case 2 -> calling;
            default -> waiting;
        };
        if (number % 4 != 0) {
            if (caller.post(webhooks + flow.id(), body) == 200) {
                oracle.accepted(number, flow);
            }
            return;
        }
        var answer = caller.postForBody(webhooks + flow.id() + "/sync", body);
        if (answer != null) {
            oracle.accepted(number, flow);
            if (!answer.equals(Integer.toString(number))) {
                oracle.broken("webhook " + number + " was answered " + answer);
            }
        }
    }

    /** The world was told a link; it is told again when the step that tells it is repeated. */
    private void told(String link) {
        if (links.add(link)) {
            (links.size() % LATE_LINK == 0 ? late : open).add(URI.create(link).getRawPath() + "?action=approve");
        }
    }

    /** Follows each link twice at once, at any servers, until one has answered. */
    private void follow(AtomicBoolean ending) {
        try (var caller = Caller.to("");
                var both = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int turn = 0; !ending.get() || !open.isEmpty(); turn++) {
                var link = open.poll();
                if (link == null) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                    continue;
                }
                var here = servers.get(turn % servers.size()).base() + link;
                var there = servers.get((turn + turn / 2) % servers.size()).base() + link;
                var second = CompletableFuture.supplyAsync(() -> caller.post(there, Json.object()), both);
                var first = caller.post(here, Json.object());
                if (!settled(first) && !settled(second.join())) {
                    open.add(link);
                }
            }
        }
    }

    private static boolean settled(int status) {
        return status >= 200 && status < 500;
    }

    private void awaitAccepted(int count) {
        var deadline = System.nanoTime() + EVERYTHING_ENDS.toNanos();
        while (oracle.accepted() < count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("nothing is accepted any more; see " + directory);
            }
            faults.revive();
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    // ---- checks

    private Report check() {
        try (var owner = Client.owner(servers.getFirst().base())) {
            // The world was told some links after it had stopped to follow them.
            awaitRest(() -> late.size() + open.size());
            oracle.compare("runs of which nobody takes care", count(LOST), 0);
            oracle.compare("runs that lists do not see", count(UNSEEN), 0);
            open.addAll(late);
            follow(new AtomicBoolean(true));
            awaitRest(() -> 0);

            var runs = new LinkedHashMap<TorturedFlow, List<JsonNode>>();
            for (var flow : List.of(plain, waiting, called, calling)) {
                runs.put(flow, owner.runs(flow.id()));
            }
            var all = runs.values().stream().mapToInt(List::size).sum();
            var happened = effects.effects();
            oracle.check(owner, sent.get(), happened, runs, doubts(owner, runs.keySet()), stored());
            var madeTable = plain.stores() ? 1 : 0;
            oracle.compare(
                    "runs in the database, listed ones", count("SELECT count(*) FROM flow_run"), all + madeTable);
            oracle.compare(
                    "records without a cell",
                    count("SELECT count(*) FROM record WHERE id NOT IN (SELECT \"recordId\" FROM cell)"),
                    0);
            oracle.compare("runs with effects, listed ones", runsOf(happened), all);
            oracle.compare("queue rows at rest", count("SELECT count(*) FROM run_queue"), 0);
            oracle.compare("waitpoints at rest", count("SELECT count(*) FROM waitpoint"), 0);
            held = oracle.broken().isEmpty();
            return new Report(
                    options,
                    faults.kills(),
                    oracle.accepted(),
                    all,
                    happened.size(),
                    effects.repeated(),
                    oracle.givenUp(),
                    oracle.broken(),
                    postgres == null && disk == null ? "a full disk, since this process may not mount one" : "",
                    directory);
        }
    }

    private static long runsOf(List<EffectLog.Effect> effects) {
        return effects.stream()
                .map(effect ->
                        effect.key().substring(0, Math.max(0, effect.key().indexOf('/'))))
                .distinct()
                .count();
    }

    /** Returns when no more than so many runs are open, or they will never end. */
    private void awaitRest(IntSupplier atMost) {
        var deadline = System.nanoTime() + EVERYTHING_ENDS.toNanos();
        while (count("SELECT count(*) FROM run_queue") + count(UNSEEN) > atMost.getAsInt()
                && System.nanoTime() < deadline) {
            LockSupport.parkNanos(20 * PAUSE_NANOS);
        }
    }

    /** How often each key was listed as in doubt. */
    private static Map<String, Integer> doubts(Client owner, Set<TorturedFlow> flows) {
        var times = new HashMap<String, Integer>();
        for (var flow : flows) {
            for (var run : owner.runsInDoubt(flow.id())) {
                owner.run(run.path("id").asText())
                        .path("inDoubt")
                        .forEach(doubt -> times.put(
                                doubt.path("idempotencyKey").asText(),
                                doubt.path("times").asInt()));
            }
        }
        return times;
    }

    /** What runs have put into the key-value store and into the table. */
    private Oracle.Stored stored() {
        var json = text("SELECT value FROM store_entry WHERE key = '" + TorturedFlow.ENTRY + "'");
        var records = new HashMap<String, Integer>();
        for (var cell : text("SELECT coalesce(string_agg(\"recordId\" || '=' || value, ';'), '') FROM cell")
                .split(";")) {
            if (!cell.isEmpty()) {
                var number = cell.indexOf('=') + 1;
                records.put(cell.substring(0, number - 1), Integer.valueOf(cell.substring(number)));
            }
        }
        return new Oracle.Stored(json.isEmpty() ? "" : Json.read(json).asText(), records);
    }

    private long count(String query) {
        return Long.parseLong(text(query));
    }

    private String text(String query) {
        if (postgres != null) {
            return postgres.text(query);
        }
        var file = servers.getFirst().directory().resolve("activepieces.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "";
        } catch (SQLException e) {
            throw new IllegalStateException("the database did not answer: " + query, e);
        }
    }

    @Override
    public void close() {
        proxies.forEach(TcpProxy::speak);
        servers.forEach(ServerProcess::kill);
        proxies.forEach(TcpProxy::close);
        if (postgres != null) {
            postgres.close();
        }
        effects.close();
        if (disk != null) {
            keepLog();
            disk.close();
        }
        if (held) {
            forget();
        }
    }

    /** What lies on the disk goes with it. */
    private void keepLog() {
        var log = servers.isEmpty() ? null : servers.getFirst().directory().resolve("server.log");
        try {
            if (log != null && !held && Files.exists(log)) {
                Files.copy(log, directory.resolve("server-0.log"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void forget() {
        try (var files = Files.walk(directory)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
