package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import millrace.config.SandboxSettings.ExecutionMode;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.piece.Host.OnStall;
import millrace.piece.HostLauncher.HostClass;
import millrace.piece.HostLauncher.WallRefused;
import millrace.piece.HostRequest.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Node hosts of this process (design §9). Callers are virtual threads, which block until their call has ended.
 *
 * <ol>
 *   <li>Code of two projects meets in pure hosts only, and there in realms of their own.
 *   <li>A call that loses its host is made again once, alone; the second loss is its result.
 *   <li>No call waits longer than its timeout, whatever others do.
 *   <li>After {@link #close()} no host process is left; they end by themselves when this process is killed.
 * </ol>
 */
public final class HostPool implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HostPool.class);
    private static final long LOOK_EVERY = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long UNUSED_MINUTES = 5;
    private static final int SOURCES_KEPT = 5_000;

    private final HostSettings settings;
    private final HostLauncher launcher;
    private final List<HostSlot> pure = new ArrayList<>();
    private final ProjectHosts projects;
    private final LoneHosts alone;
    /** Every host that may live, for the watch and for the end. */
    private final Set<Host> hosts = ConcurrentHashMap.newKeySet();
    /** By text: hashing a source takes longer than running it. */
    private final Map<String, Source> sources = new ConcurrentHashMap<>();

    private final ReentrantLock probing = new ReentrantLock();
    private volatile @Nullable Boolean walled;
    private volatile boolean closed;
    private final Thread watch;

    /** Starts nothing yet. @throws IllegalArgumentException when Node or host/ is not where the settings say */
    public HostPool(HostSettings settings) {
        this.settings = settings;
        this.launcher = new HostLauncher(settings);
        for (var i = 0; i < settings.pureHosts(); i++) {
            pure.add(new HostSlot(() -> start(HostClass.PURE, OnStall.LOSE), settings.callsPerHost()));
        }
        this.projects = new ProjectHosts(
                () -> new HostSlot(() -> start(HostClass.EFFECTFUL, OnStall.DRAIN), settings.callsPerHost()),
                settings.effectfulHosts());
        this.alone = new LoneHosts(
                hostClass -> start(hostClass, OnStall.WAIT),
                Math.max(4, Runtime.getRuntime().availableProcessors()),
                settings.stallAfter().toNanos());
        this.watch = Thread.ofPlatform().daemon().name("host-watch").start(this::watch);
    }

    /** Starts the warm hosts in the background and returns at once; without it the first call starts its host. */
    public void warmUp() {
        Thread.ofVirtual().name("host-warm-up").start(() -> {
            try {
                if (raised()) {
                    for (var slot : pure) {
                        slot.ready();
                    }
                }
            } catch (IOException e) {
                log.atError().setCause(e).log("no host could be started; code steps will fail");
            }
        });
    }

    /** True when code of this text must be treated as effectful; always so where the wall can't be raised. */
    public boolean effectful(String source, String packageJson) {
        return !walled() || !codeOnly() && Effects.of(source, packageJson) == Effects.EFFECTFUL;
    }

    /** True when pure code is shut in by the operating system; without it expressions count as effectful too. */
    public boolean walled() {
        try {
            return raised();
        } catch (IOException e) {
            // The next call tries again and says why it fails; nothing is taken for pure meanwhile.
            return false;
        }
    }

    /** No code gets more than the language, whatever it asks for. */
    private boolean codeOnly() {
        return settings.sandbox().executionMode() == ExecutionMode.SANDBOX_CODE_ONLY;
    }

    private boolean raised() throws IOException {
        if (walled instanceof Boolean known) {
            return known;
        }
        probing.lock();
        try {
            if (walled == null) {
                walled = settings.sandbox().executionMode() != ExecutionMode.UNSANDBOXED && probe();
            }
            return Boolean.TRUE.equals(walled);
        } finally {
            probing.unlock();
        }
    }

    /** Raises the wall around the first pure host, which is needed anyway. */
    private boolean probe() throws IOException {
        try {
            pure.getFirst().adopt(register(HostClass.PURE, true, OnStall.LOSE));
            return true;
        } catch (WallRefused e) {
            log.warn(
                    "User code is not shut in by the operating system, so all of it counts as effectful: {}",
                    e.getMessage());
            return false;
        }
    }

    /**
     * Evaluates JavaScript expressions over a state; a source that is undefined there or throws has no key in the
     * answer.
     *
     * @param state {@code {stepName: {output, error}, …, connections: {}, variables: {}}}; its keys are the names that
     *     the expressions see
     * @throws HostFailure when the time is over or the host is lost twice
     */
    public Map<String, JsonNode> evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
        if (sources.isEmpty()) {
            return Map.of();
        }
        var outcome = call(false, projectId, new HostRequest.Evaluate(projectId, sources, Json.bytes(state)), timeout);
        if (!(outcome instanceof Made(Outcome.Answered(var frame)))) {
            var result = resultOf(outcome, timeout);
            throw new HostFailure(result, "expressions were not evaluated: " + result);
        }
        var values = new HashMap<String, JsonNode>();
        for (var i = 0; i < sources.size(); i++) {
            var json = frame.fields().get(i);
            if (json.length > 0) {
                values.put(sources.get(i), value(json));
            }
        }
        return values;
    }

    private static JsonNode value(byte[] json) {
        try {
            return Json.read(json);
        } catch (IllegalArgumentException e) {
            var message = "The value of an expression can not be kept: " + e.getMessage();
            throw new HostFailure(new StepResult.Failed(StepError.of(message)), message);
        }
    }

    /** Runs one code step; every way in which user code can end is a result. */
    public StepResult runCode(CodeCall call) {
        var request = new HostRequest.Code(
                call.projectId(),
                call.contextKey(),
                source(call.source()),
                Json.bytes(call.input()),
                call.own() == null ? new byte[0] : Json.bytes(Json.MAPPER.valueToTree(call.own())));
        var effectful = effectful(call.source(), call.packageJson());
        return resultOf(call(effectful, call.projectId(), request, call.timeout()), call.timeout());
    }

    private Source source(String text) {
        if (sources.get(text) instanceof Source known) {
            return known;
        }
        if (sources.size() >= SOURCES_KEPT) {
            sources.clear();
        }
        var made = new Source(sha256(text), Frame.bytes(text));
        sources.put(text, made);
        return made;
    }

    private static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** A call that was made, or one for which no host could be started. */
    private sealed interface Attempt {}

    private record Made(Outcome outcome) implements Attempt {}

    private record NoHost(String reason) implements Attempt {}

    private StepResult resultOf(Attempt attempt, Duration timeout) {
        return switch (attempt) {
            case Made(var outcome) -> StepResults.of(outcome, timeout);
            case NoHost(var reason) ->
                new StepResult.Broken(
                        RunStatus.INTERNAL_ERROR, StepError.of("No process for user code could be started: " + reason));
        };
    }

    private Attempt call(boolean effectful, String projectId, HostRequest request, Duration timeout) {
        var deadline = System.nanoTime() + timeout.toNanos();
        try {
            // Without a wall nobody shares a host with another project.
            var shared = !effectful && raised();
            var outcome = shared ? roomiest().call(request, deadline) : projects.call(projectId, request, deadline);
            if (outcome instanceof Outcome.Lost && !closed) {
                outcome = alone.call(shared ? HostClass.PURE : HostClass.EFFECTFUL, request, deadline);
            }
            return new Made(outcome);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) {
                return new Made(Outcome.INTERRUPTED);
            }
            log.atError().setCause(e).log("no host could be started");
            return new NoHost(String.valueOf(e.getMessage()));
        }
    }

    private HostSlot roomiest() {
        var best = pure.getFirst();
        for (var slot : pure) {
            if (slot.room() > best.room()) {
                best = slot;
            }
        }
        return best;
    }

    private Host start(HostClass hostClass, OnStall onStall) throws IOException {
        return register(hostClass, raised(), onStall);
    }

    private Host register(HostClass hostClass, boolean wall, OnStall onStall) throws IOException {
        if (closed) {
            throw new IOException("the server is stopping");
        }
        var host = Host.start(launcher.launch(hostClass, wall), onStall, settings.stallAfter());
        hosts.add(host);
        if (closed) {
            host.close();
        }
        return host;
    }

    private void watch() {
        for (var looks = 0L; !closed; looks++) {
            LockSupport.parkNanos(LOOK_EVERY);
            var now = System.nanoTime();
            for (var host : hosts) {
                host.watch(now);
            }
            if (looks % 100 == 0) {
                hosts.removeIf(Host::ended);
                alone.closeUnused(now);
                projects.closeUnused(now, UNUSED_MINUTES);
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watch);
        hosts.forEach(Host::close);
        launcher.close();
    }
}
