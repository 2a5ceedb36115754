package millrace.run;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import millrace.database.Lane;
import millrace.database.RunFlush;
import millrace.database.RunTables;
import org.jspecify.annotations.Nullable;

/** The run tables as maps: what {@code PostgresRunTables} does, one statement after the other. */
final class SimulatedTables implements RunTables {
    private final Supplier<Instant> clock;
    private final boolean fenced;
    private final UnaryOperator<byte[]> documents;
    private final Map<String, Instant> processes = new LinkedHashMap<>();
    private final Map<String, Map<Integer, Long>> lanes = new HashMap<>();
    private final Map<String, Queued> queue = new LinkedHashMap<>();
    private final Map<String, TreeMap<Integer, byte[]>> journals = new HashMap<>();
    private final Map<String, Map<String, byte[]>> blobs = new HashMap<>();
    private final Map<String, RunFlush.RunRow> runs = new LinkedHashMap<>();
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

        boolean recorded;
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
        }
    }

    /**
     * @param fenced false leaves the epoch checks out, to see that somebody notices
     * @param documents changes documents of journals before they are written
     */
    SimulatedTables(Supplier<Instant> clock, boolean fenced, UnaryOperator<byte[]> documents) {
        this.clock = clock;
        this.fenced = fenced;
        this.documents = documents;
    }

    @Override
    public boolean flush(Connection connection, Lane lane, List<RunFlush> batch) {
        last = Statement.FLUSH;
        if (!held(lane)) {
            refusedFlushes++;
            return false;
        }
        for (var flush : batch) {
            var id = flush.runId();
            var accepted = flush.accepted();
            if (accepted != null) {
                queue.putIfAbsent(id, new Queued(flush.projectId(), accepted));
            }
            var journal = flush.journal();
            if (journal != null) {
                journals.computeIfAbsent(id, run -> new TreeMap<>())
                        .putIfAbsent(journal.seq(), documents.apply(journal.doc()));
            }
            for (var blob : flush.blobs()) {
                blobs.computeIfAbsent(id, run -> new HashMap<>()).putIfAbsent(blob.path(), blob.data());
            }
            if (flush.run() != null) {
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
        }
        return true;
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
                queued.takeovers += takeovers;
                freed++;
            }
        }
        return freed;
    }

    @Override
    public List<Claimed> claim(Connection connection, Lane lane, int limit) {
        last = Statement.OTHER;
        if (!held(lane)) {
            return List.of();
        }
        var free = queue.entrySet().stream()
                .filter(entry -> entry.getValue().processId == null)
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
            queued.startTime = queued.startTime == null ? clock.get() : queued.startTime;
            var journal = journals.getOrDefault(entry.getKey(), new TreeMap<>());
            claimed.add(new Claimed(
                    entry.getKey(),
                    queued.projectId,
                    row(queued, lane),
                    queued.takeovers,
                    queued.takeoverPath,
                    null,
                    false,
                    List.copyOf(journal.values()),
                    journal.isEmpty() ? 0 : journal.lastKey() + 1));
        }
        return claimed;
    }

    @Override
    public boolean raise(Connection connection, Lane lane) {
        last = Statement.OTHER;
        var epoch = epoch(lane);
        if (epoch == lane.epoch() || epoch == lane.next().epoch()) {
            Objects.requireNonNull(lanes.get(lane.processId()))
                    .put(lane.number(), lane.next().epoch());
            return true;
        }
        return false;
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

    byte[] blob(String runId, String path) {
        return Objects.requireNonNull(blobs.getOrDefault(runId, Map.of()).get(path));
    }

    int refusedHeartbeats() {
        return refusedHeartbeats;
    }

    int refusedFlushes() {
        return refusedFlushes;
    }
}
