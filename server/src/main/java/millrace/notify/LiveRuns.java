package millrace.notify;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import millrace.database.Notifier;
import millrace.database.RunFlush;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.engine.RunStatus;
import millrace.run.FlowRun;
import millrace.run.RunProgress;
import millrace.run.RunService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners what happens to the runs of their project, in whichever process it happens. A flush of the journal, or
 * another process that has heard that somebody listens here, says that a run has changed; once a second the queue is
 * looked at for what nobody has said. What is told is always read from the database.
 *
 * <p>While nobody listens this is one question for each commit of the journal.
 */
public final class LiveRuns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveRuns.class);
    private static final int MAX_LISTENERS = 500;
    private static final int MAX_OF_ONE = 20;
    private static final Duration GATHER = Duration.ofMillis(50);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private static final Duration SAY_EVERY = Duration.ofSeconds(5);
    private static final Duration KEPT = Duration.ofSeconds(30);

    /** A process tells others: somebody listens to this project here. */
    private static final String LISTENS = "listens";
    /** The answer: this run of it has changed. */
    private static final String CHANGED = "changed";

    private final RunService runs;
    private final Notifier notifier;
    private final String instance;
    private final Map<String, Channel> channels = new ConcurrentHashMap<>();
    /** Projects to which somebody listens in another process, and until when that is believed. */
    private final Map<String, Long> elsewhere = new ConcurrentHashMap<>();

    private final Map<String, Integer> byPrincipal = new ConcurrentHashMap<>();
    private final AtomicInteger listeners = new AtomicInteger();
    private final Semaphore some = new Semaphore(0);
    private @Nullable Thread thread;
    private volatile boolean closed;

    /** @param instance a new id: events are numbered anew in each process */
    public LiveRuns(RunService runs, Notifier notifier, String instance) {
        this.runs = runs;
        this.notifier = notifier;
        this.instance = instance;
        notifier.hear(LISTENS, this::listensElsewhere);
        notifier.hear(CHANGED, detail -> {
            var space = detail.indexOf(' ');
            changed(detail.substring(0, space), detail.substring(space + 1));
        });
    }

    /** The journal has made these durable. */
    public void durable(List<RunFlush> flushes) {
        if (channels.isEmpty() && elsewhere.isEmpty()) {
            return;
        }
        for (var flush : flushes) {
            changed(flush.projectId(), flush.runId());
            var until = elsewhere.get(flush.projectId());
            if (until == null) {
                continue;
            }
            if (until - System.nanoTime() > 0) {
                notifier.tell(CHANGED, flush.projectId() + " " + flush.runId());
            } else {
                elsewhere.remove(flush.projectId(), until);
            }
        }
    }

    private void listensElsewhere(String projectId) {
        elsewhere.put(projectId, System.nanoTime() + SAY_EVERY.multipliedBy(3).toNanos());
    }

    private void changed(String projectId, String runId) {
        var channel = channels.get(projectId);
        if (channel != null) {
            channel.change(runId);
            some.release();
        }
    }

    /**
     * Begins to listen; {@link #leave} ends it.
     *
     * @param lastEventId the last event that the listener has got, if it was here before
     * @throws MillraceException TOO_MANY_REQUESTS when as many listen as may
     */
    Listener join(String principalId, String projectId, @Nullable String lastEventId) {
        var all = listeners.incrementAndGet();
        var own = byPrincipal.merge(principalId, 1, Integer::sum);
        if (closed || all > MAX_LISTENERS || own > MAX_OF_ONE) {
            forget(principalId);
            throw MillraceException.of(ErrorCode.TOO_MANY_REQUESTS);
        }
        var listener = new Listener();
        channels.compute(projectId, (id, channel) -> {
            var open = channel == null ? new Channel() : channel;
            open.join(listener, after(lastEventId));
            return open;
        });
        start();
        some.release();
        return listener;
    }

    void leave(String principalId, String projectId, Listener listener) {
        forget(principalId);
        var channel = channels.get(projectId);
        if (channel != null) {
            channel.leave(listener, System.nanoTime());
        }
    }

    String id(LiveEvent event) {
        return instance + "-" + event.number();
    }

    private long after(@Nullable String lastEventId) {
        if (lastEventId == null || !lastEventId.matches(instance + "-\\d{1,18}")) {
            return -1;
        }
        return Long.parseLong(lastEventId.substring(instance.length() + 1));
    }

    private synchronized void start() {
        if (thread == null && !closed) {
            thread = Thread.ofVirtual().name("live-runs").start(this::tellOn);
        }
    }

    private void tellOn() {
        long look = System.nanoTime();
        long say = look;
        try {
            while (!closed) {
                some.tryAcquire(channels.isEmpty() ? 60_000 : LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                Thread.sleep(GATHER);
                some.drainPermits();
                var now = System.nanoTime();
                channels.values().removeIf(channel -> channel.forsaken(now, KEPT.toNanos()));
                if (now - say >= 0) {
                    channels.keySet().forEach(project -> notifier.tell(LISTENS, project));
                    say = now + SAY_EVERY.toNanos();
                }
                var due = now - look >= 0;
                look = due ? now + LOOK_EVERY.toNanos() : look;
                for (var one : channels.entrySet()) {
                    tell(one.getKey(), one.getValue(), due);
                }
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(String projectId, Channel channel, boolean look) {
        try {
            if (look) {
                look(projectId, channel);
            }
            for (var runId : channel.takeChanged()) {
                var known = channel.known(runId);
                var progress = runs.progress(projectId, runId, known == null ? 0 : known.nextSeq());
                if (progress != null) {
                    tell(projectId, channel, known, progress);
                }
            }
        } catch (RuntimeException e) {
            LOG.debug("what happens to runs can't be told for now: {}", e.getMessage());
        }
    }

    /** Finds what nobody has said: a change in another process that could not be told, a claim, a cancel. */
    private void look(String projectId, Channel channel) {
        var open = runs.openRuns(projectId);
        for (var run : open.entrySet()) {
            var known = channel.known(run.getKey());
            if (known == null
                    || !known.status().equals(run.getValue().status())
                    || known.nextSeq() < run.getValue().nextSeq()) {
                channel.change(run.getKey());
            }
        }
        channel.open().stream().filter(runId -> !open.containsKey(runId)).forEach(channel::change);
    }

    private void tell(String projectId, Channel channel, Channel.@Nullable Known known, RunProgress progress) {
        var run = progress.run();
        var ended = RunStatus.valueOf(run.status()).terminal();
        var test = run.environment().equals("TESTING");
        if (known == null && test && run.stepNameToTest() == null) {
            channel.tell("TEST_FLOW_RUN_STARTED", run);
        }
        for (var step : progress.steps()) {
            channel.tell("UPDATE_RUN_PROGRESS", new Update(run, step));
        }
        if (known == null || !known.status().equals(run.status())) {
            channel.tell("FLOW_RUN_PROGRESS", run);
            if (ended && run.stepNameToTest() != null) {
                channel.tell("TEST_STEP_FINISHED", tested(projectId, run));
            }
        }
        channel.know(run.id(), new Channel.Known(run.status(), progress.nextSeq(), ended));
    }

    /** Payload of UPDATE_RUN_PROGRESS. */
    record Update(FlowRun flowRun, ObjectNode step) {}

    private ObjectNode tested(String projectId, FlowRun run) {
        var whole = runs.progress(projectId, run.id(), 0);
        var step = Json.object();
        if (whole != null) {
            for (var update : whole.steps()) {
                if (update.path("name").asText().equals(run.stepNameToTest())) {
                    step = (ObjectNode) update.path("output");
                }
            }
        }
        var status = step.path("status").asText();
        var success = status.equals("SUCCEEDED") || status.equals("PAUSED");
        var result = Json.object().put("runId", run.id()).put("success", success);
        result.set("input", step.path("input"));
        result.set("output", success ? step.path("output") : step.path("errorMessage"));
        return result.put(
                        "standardError",
                        success ? "" : step.path("errorMessage").asText())
                .put("standardOutput", "");
    }

    private void forget(String principalId) {
        listeners.decrementAndGet();
        byPrincipal.computeIfPresent(principalId, (id, count) -> count == 1 ? null : count - 1);
    }

    /** Ends all streams. */
    @Override
    public void close() {
        closed = true;
        channels.values().forEach(Channel::end);
        var running = thread;
        if (running != null) {
            running.interrupt();
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
