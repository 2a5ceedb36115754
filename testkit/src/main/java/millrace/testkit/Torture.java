package millrace.testkit;

import static millrace.testkit.FlowBuilder.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * Real servers under load while everything that can break does: processes are killed, frozen and stopped between the
 * barrier of an effect and its sending, PostgreSQL restarts (also during a takeover), connections are cut or fall
 * silent. An oracle outside remembers what was accepted and what happened; then the faults end, and both are compared.
 */
public final class Torture implements AutoCloseable {
    private static final int CLIENTS = 4;
    private static final int MOST_WEBHOOKS = 20_000;
    private static final Duration BETWEEN_WEBHOOKS = Duration.ofMillis(20);
    private static final Duration LEASE = Duration.ofSeconds(8);
    private static final Duration EVERYTHING_ENDS = Duration.ofMinutes(2);
    private static final long PAUSE_NANOS = 10_000_000;

    private final Options options;
    private final SplittableRandom random;
    private final Path directory;
    private final @Nullable RestartablePostgres postgres;
    private final List<TcpProxy> proxies = new ArrayList<>();
    private final List<ServerProcess> servers = new ArrayList<>();
    private final EffectLog effects;
    private final Set<Integer> accepted = ConcurrentHashMap.newKeySet();
    private final List<String> broken = java.util.Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger sent = new AtomicInteger();
    private final String flowId;
    private int kills;

    /** @param atMost the faults end after this, though there were fewer kills */
    public record Options(long seed, int kills, Duration atMost, TestDatabase.Kind database) {}

    /** @param broken the promises that were broken, in words */
    public record Report(
            Options options, int kills, int accepted, int runs, int effects, int repeated, List<String> broken) {}

    private Torture(Options options) throws IOException {
        this.options = options;
        this.random = new SplittableRandom(options.seed());
        this.directory = Files.createTempDirectory("millrace-torture-");
        this.effects = EffectLog.start(directory.resolve("effects"));
        this.postgres = options.database() == TestDatabase.Kind.POSTGRES ? RestartablePostgres.start() : null;
        if (postgres == null) {
            servers.add(ServerProcess.start(settings()));
        } else {
            for (int i = 0; i < 2; i++) {
                var proxy = TcpProxy.to(postgres.port());
                proxies.add(proxy);
                var settings = new HashMap<>(settings());
                settings.put("AP_POSTGRES_URL", "postgresql://postgres@127.0.0.1:" + proxy.port() + "/postgres");
                servers.add(ServerProcess.start(Map.copyOf(settings)));
            }
        }
        this.flowId = publish();
    }

    /** Two processes on PostgreSQL or one on SQLite, their faults, and the checks. */
    public static Report run(Options options) {
        try (var torture = new Torture(options)) {
            try (var load = Executors.newVirtualThreadPerTaskExecutor()) {
                torture.play(load);
            }
            return torture.check();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> settings() {
        return Map.of(
                "AP_API_RATE_LIMIT_AUTHN_ENABLED", "false",
                "AP_NETWORK_MODE", "UNRESTRICTED",
                "AP_LOG_LEVEL", "warn",
                "AP_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef",
                "AP_JWT_SECRET", "torture-torture-torture-torture-torture");
    }

    private String publish() {
        var number = "{{trigger['output'].body.number}}";
        try (var owner = Client.owner(servers.getFirst().base())) {
            return owner.publish(flow().onWebhook()
                    .step("first", Step.httpPost(effects.url(), effect(number, 1)))
                    .step("code", Step.code("return inputs.number").input("number", "{{first['output'].body.number}}"))
                    .step("second", Step.httpPost(effects.url(), effect("{{code['output']}}", 2)))
                    .step("answer", Step.respond("{{code['output']}}")));
        }
    }

    private static JsonNode effect(String number, int step) {
        return Json.object().put("number", number).put("step", step);
    }

    // ---- load

    private void play(ExecutorService load) {
        var ending = new java.util.concurrent.atomic.AtomicBoolean();
        for (int i = 0; i < CLIENTS; i++) {
            var mine = i;
            load.submit(() -> call(mine, ending));
        }
        try {
            var deadline = System.nanoTime() + options.atMost().toNanos();
            while (kills < options.kills() && System.nanoTime() < deadline) {
                awaitAccepted(accepted.size() + 20);
                fault();
            }
            awaitAccepted(accepted.size() + 20);
        } finally {
            ending.set(true);
        }
    }

    private void call(int client, java.util.concurrent.atomic.AtomicBoolean ending) {
        try (var caller = Caller.to("")) {
            for (var number = sent.incrementAndGet();
                    !ending.get() && number <= MOST_WEBHOOKS;
                    number = sent.incrementAndGet()) {
                var base = servers.get((number + client) % servers.size()).base();
                var path = base + "/api/v1/webhooks/" + flowId;
                var body = Json.object().put("number", number);
                if (number % 2 == 0) {
                    var answer = caller.postForBody(path + "/sync", body);
                    if (answer != null) {
                        accepted.add(number);
                        if (!answer.equals(Integer.toString(number))) {
                            broken.add("webhook " + number + " was answered " + answer);
                        }
                    }
                } else if (caller.post(path, body) == 200) {
                    accepted.add(number);
                }
                LockSupport.parkNanos(BETWEEN_WEBHOOKS.toNanos());
            }
        }
    }

    private void awaitAccepted(int count) {
        var deadline = System.nanoTime() + Client.DEADLINE.toNanos();
        while (accepted.size() < count) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("seed " + options.seed() + ": nothing is accepted any more");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    // ---- faults

    private void fault() {
        var which = random.nextInt(servers.size());
        var server = servers.get(which);
        switch (random.nextInt(postgres == null ? 8 : 14)) {
            case 0 -> {
                note("freezes " + which);
                server.freeze();
                rest(random.nextInt(1_000, 12_000));
                server.wake();
            }
            case 1 -> stopBeforeSending(which);
            case 8 -> {
                note("restarts PostgreSQL");
                java.util.Objects.requireNonNull(postgres).restart();
            }
            case 9, 10 -> {
                note("cuts the connections of " + which);
                proxies.get(which).cut();
            }
            case 11, 12 -> {
                note("silences the connections of " + which);
                proxies.get(which).silence();
                rest(random.nextInt(1_000, 12_000));
                proxies.get(which).speak();
            }
            case 13 -> {
                note("kills " + which + " and restarts PostgreSQL when it is taken over");
                kill(server);
                rest(LEASE.toMillis() + random.nextInt(-200, 800));
                java.util.Objects.requireNonNull(postgres).restart();
                server.start();
            }
            default -> {
                note("kills " + which);
                kill(server);
                server.start();
            }
        }
    }

    /** The zombie: it passes its barrier, is declared dead, and wakes to send what it was about to send. */
    private void stopBeforeSending(int which) {
        var server = servers.get(which);
        note("kills " + which + " and stops its next life before an effect");
        kill(server);
        server.startWith(Map.of("MILLRACE_JAVA_OPTIONS", "-Dmillrace.test.stopBeforeSend=" + random.nextInt(1, 20)));
        var deadline = System.nanoTime() + LEASE.toNanos();
        while (!server.frozen() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        if (server.frozen()) {
            rest(LEASE.toMillis() + 2_000);
            server.wake();
        }
    }

    private void kill(ServerProcess server) {
        server.kill();
        kills++;
    }

    private static void rest(long millis) {
        LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
    }

    private void note(String fault) {
        try {
            Files.writeString(
                    directory.resolve("faults"),
                    java.time.LocalTime.now() + " " + fault + "\n",
                    java.nio.file.StandardOpenOption.CREATE,
                    java.nio.file.StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- checks

    private Report check() {
        try (var owner = Client.owner(servers.getFirst().base())) {
            var runs = ended(owner);
            var doubts = doubts(owner);
            var happened = effects.effects();
            var firsts = new HashMap<String, Integer>();
            var times = new HashMap<String, Integer>();
            for (int i = 0; i < happened.size(); i++) {
                var effect = happened.get(i);
                if (effect.number() < 1 || effect.number() > sent.get()) {
                    broken.add("an effect of a webhook that was never sent: " + effect);
                }
                firsts.putIfAbsent(effect.key(), i);
                times.merge(effect.key(), 1, Integer::sum);
            }
            times.forEach((key, count) -> {
                var allowed = 1 + doubts.getOrDefault(key, 0);
                if (count > allowed) {
                    broken.add(key + " was sent " + count + " times, listed in doubt " + (allowed - 1) + " times");
                }
            });
            var numbers = new HashMap<String, Integer>();
            happened.forEach(effect -> {
                var other = numbers.put(runOf(effect.key()), effect.number());
                if (other != null && other != effect.number()) {
                    broken.add(effect.key() + " is of the webhooks " + other + " and " + effect.number());
                }
            });
            var served = new HashSet<Integer>();
            for (var run : runs) {
                var id = run.path("id").asText();
                var status = run.path("status").asText();
                if (!status.equals(RunStatus.SUCCEEDED.name())) {
                    broken.add("run " + id + " ended " + status);
                    continue;
                }
                var first = firsts.get(id + "/first/1");
                var second = firsts.get(id + "/second/1");
                if (first == null || second == null || second < first) {
                    broken.add("run " + id + " had its effects at " + first + " and " + second);
                } else if (!served.add(happened.get(first).number())) {
                    broken.add("webhook " + happened.get(first).number() + " had two runs");
                }
            }
            accepted.stream()
                    .filter(number -> !served.contains(number))
                    .forEach(number -> broken.add("webhook " + number + " was accepted and has no run"));
            compare("runs in the database", count("SELECT count(*) FROM flow_run"), runs.size());
            compare("runs with effects", numbers.size(), runs.size());
            compare("queue rows at rest", count("SELECT count(*) FROM run_queue"), 0);
            var repeated = happened.size() - times.size();
            return new Report(
                    options, kills, accepted.size(), runs.size(), happened.size(), repeated, List.copyOf(broken));
        }
    }

    private static String runOf(String key) {
        return key.substring(0, Math.max(0, key.indexOf('/')));
    }

    private void compare(String what, long found, long expected) {
        if (found != expected) {
            broken.add(what + ": " + found + ", the API says " + expected);
        }
    }

    /** All runs, once none is open. */
    private List<JsonNode> ended(Client owner) {
        var deadline = System.nanoTime() + EVERYTHING_ENDS.toNanos();
        while (true) {
            var open = count("SELECT count(*) FROM run_queue");
            if (open == 0 || System.nanoTime() > deadline) {
                var runs = owner.runs(flowId);
                var left = runs.stream().filter(run -> !Client.terminal(run)).count();
                if (left == 0 || System.nanoTime() > deadline) {
                    return runs;
                }
            }
            LockSupport.parkNanos(20 * PAUSE_NANOS);
        }
    }

    /** How often each key was listed as in doubt. */
    private Map<String, Integer> doubts(Client owner) {
        var times = new HashMap<String, Integer>();
        for (var run : owner.runsInDoubt(flowId)) {
            owner.run(run.path("id").asText())
                    .path("inDoubt")
                    .forEach(doubt -> times.put(
                            doubt.path("idempotencyKey").asText(),
                            doubt.path("times").asInt()));
        }
        return times;
    }

    private long count(String query) {
        if (postgres != null) {
            return postgres.count(query);
        }
        var file = servers.getFirst().directory().resolve("activepieces.db");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
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
    }
}
