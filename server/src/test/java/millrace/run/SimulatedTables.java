package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunTables;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import millrace.journal.RunJournal;
import org.jspecify.annotations.Nullable;

/** The run tables as maps: what {@code PostgresRunTables} does, one statement after the other. */
final class SimulatedTables implements RunTables {
    private final Supplier<Instant> clock;
    private final boolean fenced;
    private final UnaryOperator<byte[]> documents;
    private final Map<String, Instant> processes = new LinkedHashMap<>();
    private final Map<String, Map<Integer, Long>> lanes = new HashMap<>();
    private final Map<String, Queued> queue = new LinkedHashMap<>();
    /** Calls that somebody was asked about and has decided. */
    private final Set<String> decided = new HashSet<>();

    private final Map<String, TreeMap<Integer, byte[]>> journals = new HashMap<>();
    private final Map<String, Map<String, byte[]>> blobs = new HashMap<>();
    private final Map<String, RunFlush.RunRow> runs = new LinkedHashMap<>();
    private final Map<String, Waitpoint> waitpoints = new LinkedHashMap<>();
    private final boolean looksForAnswers;
    private final boolean countsFlushes;
    /** Of each lane the number of the last flush. */
    private final Map<String, Long> lastFlushes = new HashMap<>();

    private final Map<String, String> entries = new HashMap<>();
    private int refusedFlushes;
    private int refusedHeartbeats;
    private Statement last = Statement.OTHER;

    enum Statement {
        FLUSH,
        CLAIM,
        OTHER
    }

    /** A row of the queue. */
    static final class Queued {
        final RunFlush.QueueRow row;
        final String projectId;

        @Nullable
        String processId;

        int lane;

        @Nullable
        Instant startTime;

        RunStatus status;
        boolean recorded;
        boolean woken;
        boolean cancelAsked;

        @Nullable
        Instant dueAt;

        @Nullable
        String waitpointId;

        int takeovers;

        @Nullable
        String takeoverPath;

        Queued(String projectId, RunFlush.QueueRow row) {
            this.projectId = projectId;
            this.row = row;
            this.processId = row.lane() == null ? null : row.lane().processId();
            this.lane = row.lane() == null ? -1 : row.lane().number();
            this.startTime = row.startTime();
            this.recorded = row.recorded();
            this.status = row.lane() == null ? RunStatus.QUEUED : RunStatus.RUNNING;
        }

        boolean owned() {
            return processId != null;
        }
    }

    /** @param payload null while nobody has answered */
    record Waitpoint(
            String id,
            String runId,
            String stepName,
            @Nullable JsonNode payload) {}

    /**
     * @param fenced false leaves the epoch checks out, to see that somebody notices
     * @param looksForAnswers false lets a run pause although it was answered before
     * @param countsFlushes false forgets which flush of a lane was the last
     * @param documents changes documents of journals before they are written
     */
    SimulatedTables(
            Supplier<Instant> clock,
            boolean fenced,
            boolean looksForAnswers,
            boolean countsFlushes,
            UnaryOperator<byte[]> documents) {
        this.clock = clock;
        this.fenced = fenced;
        this.looksForAnswers = looksForAnswers;
        this.countsFlushes = countsFlushes;
        this.documents = documents;
    }

    @Override
    public boolean flush(Connection connection, Lane lane, long number, List<RunFlush> batch) {
        last = Statement.FLUSH;
        if (!held(lane)) {
            refusedFlushes++;
            return false;
        }
        lastFlushes.put(lane.processId() + "/" + lane.number(), number);
        for (var asked : batch) {
            var flush = settled(asked);
            var id = flush.runId();
            var accepted = flush.accepted();
            if (accepted != null) {
                queue.putIfAbsent(id, new Queued(flush.projectId(), accepted));
            }
            var journal = flush.journal();
            var journalled = journal != null
                    && journals.computeIfAbsent(id, run -> new TreeMap<>())
                                    .putIfAbsent(journal.seq(), documents.apply(journal.doc()))
                            == null;
            for (var blob : flush.blobs()) {
                blobs.computeIfAbsent(id, run -> new HashMap<>()).put(blob.path() + " " + blob.part(), blob.data());
            }
            if (flush.run() != null && (journalled || !flush.run().status().equals(RunStatus.PAUSED.name()))) {
                runs.put(id, flush.run());
            }
            var queued = queue.get(id);
            switch (flush.queue()) {
                case DELETE -> queue.remove(id);
                case RECORD -> {
                    if (queued != null) {
                        queued.recorded = true;
                    }
                }
                case NONE -> {}
            }
            if (flush.effects() != null) {
                effects(flush, flush.effects(), journalled);
            }
        }
        return true;
    }

    /** As {@code FlushChanges.settled}. */
    private RunFlush settled(RunFlush flush) {
        var change = flush.effects() == null ? null : flush.effects().change();
        if (change == null) {
            return flush;
        }
        return change.settle(new RunFlush.Rows() {
            @Override
            public @Nullable String entry(String key) {
                return entries.get(key);
            }

            @Override
            public void put(String key, @Nullable String value) {
                entries.put(key, Objects.requireNonNull(value));
            }

            @Override
            public Tx tx() {
                throw new IllegalStateException("there is no database here");
            }
        });
    }

    /** What an entry holds; null when there is none. */
    @Nullable
    String entry(String key) {
        return entries.get(key);
    }

    private void effects(RunFlush flush, RunFlush.Effects effects, boolean journalled) {
        var id = flush.runId();
        if (journalled) {
            for (var opened : effects.waitpoints()) {
                waitpoints
                        .values()
                        .removeIf(other -> other.runId.equals(id) && other.stepName.equals(opened.stepName()));
                waitpoints.put(opened.id(), new Waitpoint(opened.id(), id, opened.stepName(), null));
            }
            for (var child : effects.children()) {
                queue.putIfAbsent(child.runId(), new Queued(flush.projectId(), child.row()));
            }
            var queued = queue.get(id);
            if (effects.pause() != null && queued != null) {
                park(queued, effects.pause());
            }
        }
        for (var completion : effects.completions()) {
            complete(completion.runId(), completion.waitpointId(), Json.read(completion.payload()));
        }
        if (effects.ended()) {
            forget(id);
        }
    }

    private void park(Queued queued, RunFlush.Pause pause) {
        queued.processId = null;
        queued.lane = -1;
        queued.status = queued.woken && looksForAnswers ? RunStatus.QUEUED : RunStatus.PAUSED;
        queued.woken = false;
        queued.recorded = true;
        queued.dueAt = pause.dueAt();
        queued.waitpointId = pause.waitpointId();
        queued.takeovers = 0;
        queued.takeoverPath = null;
    }

    private void forget(String runId) {
        waitpoints.values().removeIf(waitpoint -> waitpoint.runId.equals(runId));
    }

    /** As {@code WaitpointStore.complete}. */
    boolean complete(String runId, String waitpointId, JsonNode payload) {
        var queued = queue.get(runId);
        var waitpoint = waitpoints.get(waitpointId);
        if (queued == null || waitpoint == null || waitpoint.payload != null) {
            return false;
        }
        waitpoints.put(waitpointId, new Waitpoint(waitpointId, runId, waitpoint.stepName, payload));
        if (queued.status == RunStatus.PAUSED && waitpointId.equals(queued.waitpointId)) {
            queued.status = RunStatus.QUEUED;
            queued.dueAt = null;
        } else {
            queued.woken = true;
        }
        return true;
    }

    /** As {@code WaitpointStore.settle}; empty while the wait is not over, else the answer, or null for the time. */
    Optional<Optional<JsonNode>> settle(String runId, String waitpointId, boolean due) {
        var waitpoint = waitpoints.get(waitpointId);
        if (waitpoint != null && waitpoint.payload != null) {
            return Optional.of(Optional.of(waitpoint.payload).filter(payload -> !payload.isNull()));
        }
        if (!due) {
            return Optional.empty();
        }
        if (waitpoint != null) {
            waitpoints.put(waitpointId, new Waitpoint(waitpointId, runId, waitpoint.stepName, Json.MAPPER.nullNode()));
        }
        return Optional.of(Optional.empty());
    }

    /** As {@code DoubtStore.leave}. */
    boolean leave(String runId, String processId, String doubt) {
        var queued = queue.get(runId);
        if (decided.contains(doubt) || queued == null || !processId.equals(queued.processId)) {
            return false;
        }
        queued.processId = null;
        queued.lane = -1;
        queued.status = RunStatus.PAUSED;
        queued.dueAt = null;
        return true;
    }

    /** As {@code DoubtStore.decide}. */
    boolean decide(String runId, String doubt, byte[] record) {
        var queued = queue.get(runId);
        if (queued == null || queued.owned() || queued.status != RunStatus.PAUSED) {
            return false;
        }
        queued.status = RunStatus.QUEUED;
        decided.add(doubt);
        append(runId, record);
        return true;
    }

    /** Ends an open run that no process executes, as {@code RunLifeStore.endCanceled}. */
    void endCanceled(String runId) {
        var queued = Objects.requireNonNull(queue.remove(runId));
        var documents = journals.get(runId);
        runs.put(runId, row(queued.row, RunStatus.CANCELED, documents == null ? queued.row.doc() : null));
        forget(runId);
        if (queued.row.parentRunId() != null && queued.row.parentWaitpointId() != null) {
            var why = queued.row.failParentOnFailure() ? RunStatus.CANCELED.name() : null;
            complete(queued.row.parentRunId(), queued.row.parentWaitpointId(), RunJournal.ended(runId, why));
        }
    }

    /** As {@code RunLifeStore.requeue}. */
    void requeue(String runId, byte[] began, byte[] retried) {
        var ended = Objects.requireNonNull(runs.get(runId));
        if (ended.journal() != null) {
            append(runId, ended.journal());
        }
        append(runId, retried);
        var again = new RunFlush.QueueRow(
                ended.created(),
                ended.flowId(),
                ended.flowVersionId(),
                ended.environment(),
                1,
                null,
                ended.startTime(),
                ended.parentRunId(),
                ended.failParentOnFailure(),
                null,
                ended.triggeredBy(),
                ended.stepNameToTest(),
                true,
                began);
        var queued = new Queued("project", again);
        queued.woken = waitpoints.values().stream()
                .anyMatch(waitpoint -> waitpoint.runId.equals(runId) && waitpoint.payload != null);
        queue.put(runId, queued);
        runs.put(runId, row(again, RunStatus.QUEUED, null));
    }

    private void append(String runId, byte[] document) {
        var journal = journals.computeIfAbsent(runId, run -> new TreeMap<>());
        journal.put(journal.isEmpty() ? 0 : journal.lastKey() + 1, document);
    }

    private static RunFlush.RunRow row(RunFlush.QueueRow row, RunStatus status, byte @Nullable [] journal) {
        return new RunFlush.RunRow(
                row.created(),
                row.flowId(),
                row.flowVersionId(),
                row.environment(),
                status.name(),
                row.parentRunId(),
                row.failParentOnFailure(),
                row.triggeredBy(),
                row.startTime(),
                null,
                null,
                0,
                row.stepNameToTest(),
                null,
                List.of(),
                journal);
    }

    private boolean held(Lane lane) {
        return !fenced || epoch(lane) == lane.epoch();
    }

    private long epoch(Lane lane) {
        return lanes.getOrDefault(lane.processId(), Map.of()).getOrDefault(lane.number(), 0L);
    }

    @Override
    public void register(Connection connection, String processId, String name, int count) {
        processes.put(processId, clock.get());
        var own = new HashMap<Integer, Long>();
        for (int i = 0; i < count; i++) {
            own.put(i, 1L);
        }
        lanes.put(processId, own);
    }

    @Override
    public boolean heartbeat(Connection connection, String processId) {
        last = Statement.OTHER;
        if (processes.computeIfPresent(processId, (id, before) -> clock.get()) != null) {
            return true;
        }
        refusedHeartbeats++;
        return false;
    }

    @Override
    public void release(Connection connection, String processId) {
        free(processId, 0);
    }

    @Override
    public int takeOver(Connection connection, Duration lease, String except) {
        last = Statement.OTHER;
        var dead = new ArrayList<String>();
        processes.forEach((id, heartbeat) -> {
            if (heartbeat.isBefore(clock.get().minus(lease)) && !id.equals(except)) {
                dead.add(id);
            }
        });
        return dead.stream().mapToInt(id -> free(id, 1)).sum();
    }

    private int free(String processId, int takeovers) {
        lanes.remove(processId);
        processes.remove(processId);
        int freed = 0;
        for (var queued : queue.values()) {
            if (processId.equals(queued.processId)) {
                queued.processId = null;
                queued.status = RunStatus.QUEUED;
                queued.takeovers += takeovers;
                freed++;
            }
        }
        return freed;
    }

    @Override
    public List<Claimed> claim(Connection connection, Lane lane, int limit, Turn turn) {
        last = Statement.OTHER;
        if (!held(lane)) {
            return List.of();
        }
        var free = queue.entrySet().stream()
                .filter(entry -> free(entry.getValue()))
                .sorted(Comparator.comparing(entry -> entry.getValue().row.created()))
                .limit(limit)
                .toList();
        if (!free.isEmpty()) {
            last = Statement.CLAIM;
        }
        var claimed = new ArrayList<Claimed>();
        for (var entry : free) {
            var queued = entry.getValue();
            queued.processId = lane.processId();
            queued.lane = lane.number();
            queued.status = RunStatus.RUNNING;
            queued.startTime = queued.startTime == null ? clock.get() : queued.startTime;
            var journal = journals.getOrDefault(entry.getKey(), new TreeMap<>());
            claimed.add(new Claimed(
                    entry.getKey(),
                    queued.projectId,
                    row(queued, lane),
                    queued.takeovers,
                    queued.takeoverPath,
                    queued.waitpointId,
                    isDue(queued),
                    List.copyOf(journal.values()),
                    journal.isEmpty() ? 0 : journal.lastKey() + 1));
        }
        return claimed;
    }

    private boolean free(Queued queued) {
        return !queued.owned()
                && !queued.cancelAsked
                && (queued.status == RunStatus.QUEUED || (queued.status == RunStatus.PAUSED && isDue(queued)));
    }

    private boolean isDue(Queued queued) {
        return queued.dueAt != null && !queued.dueAt.isAfter(clock.get());
    }

    @Override
    public OptionalLong raise(Connection connection, Lane lane) {
        last = Statement.OTHER;
        var epoch = epoch(lane);
        if (epoch != lane.epoch() && epoch != lane.next().epoch()) {
            return OptionalLong.empty();
        }
        Objects.requireNonNull(lanes.get(lane.processId()))
                .put(lane.number(), lane.next().epoch());
        return OptionalLong.of(
                countsFlushes ? lastFlushes.getOrDefault(lane.processId() + "/" + lane.number(), 0L) : -1);
    }

    @Override
    public int unclaim(Connection connection, Lane lane, Collection<String> known) {
        last = Statement.OTHER;
        if (!held(lane)) {
            return 0;
        }
        int freed = 0;
        for (var entry : queue.entrySet()) {
            var queued = entry.getValue();
            if (lane.processId().equals(queued.processId)
                    && lane.number() == queued.lane
                    && !known.contains(entry.getKey())) {
                queued.processId = null;
                queued.status = RunStatus.QUEUED;
                freed++;
            }
        }
        return freed;
    }

    private static RunFlush.QueueRow row(Queued queued, Lane lane) {
        var row = queued.row;
        return new RunFlush.QueueRow(
                row.created(),
                row.flowId(),
                row.flowVersionId(),
                row.environment(),
                row.priority(),
                lane,
                queued.startTime,
                row.parentRunId(),
                row.failParentOnFailure(),
                row.parentWaitpointId(),
                row.triggeredBy(),
                row.stepNameToTest(),
                queued.recorded,
                row.doc());
    }

    @Override
    public Instant now(Connection connection) {
        return clock.get();
    }

    /** As {@code RunStore.countTakeoversAnew}. */
    void countTakeoversAnew(String runId, String path) {
        var queued = queue.get(runId);
        if (queued != null) {
            queued.takeovers = 1;
            queued.takeoverPath = path;
        }
    }

    /** What was executed last; claims that found nothing do not count. */
    Statement lastStatement() {
        return last;
    }

    boolean knows(String processId) {
        return processes.containsKey(processId);
    }

    /** The queue's row of a run that has not ended. */
    @Nullable
    Queued queued(String runId) {
        return queue.get(runId);
    }

    Map<String, Queued> queue() {
        return queue;
    }

    /** Rows of {@code flow_run}. */
    Map<String, RunFlush.RunRow> runs() {
        return runs;
    }

    /** All documents of the run, in order. */
    List<byte[]> documents(String runId) {
        var row = runs.get(runId);
        if (row != null && row.journal() != null) {
            return List.of(row.journal());
        }
        return List.copyOf(journals.getOrDefault(runId, new TreeMap<>()).values());
    }

    byte[] blob(String runId, String path, int part) {
        return Objects.requireNonNull(blobs.getOrDefault(runId, Map.of()).get(path + " " + part));
    }

    /** Waitpoints that nobody has answered. */
    List<Waitpoint> pending() {
        return waitpoints.values().stream()
                .filter(waitpoint -> waitpoint.payload == null)
                .toList();
    }

    int refusedHeartbeats() {
        return refusedHeartbeats;
    }

    int refusedFlushes() {
        return refusedFlushes;
    }
}
