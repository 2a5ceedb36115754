package millrace.journal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import millrace.database.RunFlush;
import millrace.database.WriteFailed;
import millrace.engine.Effect;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.RecordCodec;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * One run's side of the journal. Records are appended in memory and become durable at a {@link #barrier}, at the
 * {@link #end}, or when many have gathered. A run that ends within its first flush is one row in all.
 *
 * <p>Called by the run's own thread; {@link #record} by the clock that makes long runs visible. A lock keeps both apart.
 */
public final class RunJournal {
    private static final int FLUSH_ABOVE = 64 * 1024;
    private static final int BESIDE_ABOVE = 32 * 1024;
    private static final int MAX_OPEN = 8;
    private static final int MOST_TAGS = 100;
    private static final Duration LEASE_CHECK = Duration.ofMillis(20);
    private static final String PAUSED = "PAUSED";
    private static final String SUCCEEDED = "SUCCEEDED";

    private final JournalWriter writer;
    private final RunHeader header;
    private final JournalRecord.Began began;
    private final ReentrantLock lock = new ReentrantLock();
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream(1024);
    private final List<RunFlush.BlobRow> blobs = new ArrayList<>();

    private @Nullable String firstPath;
    private @Nullable String lastPath;
    private int seq;
    private boolean queued;
    private boolean recorded;
    private boolean ended;
    /** The run has left this process, or is about to: nothing is written any more. */
    private boolean paused;
    /** Whether the run may have waitpoints. */
    private boolean waited;
    /** Whether they go: a run that has ended and that a retry may take up waits where it has told people to answer. */
    private boolean forgets;

    private final List<RunFlush.WaitpointRow> waitpoints = new ArrayList<>(0);
    private final List<RunFlush.Child> children = new ArrayList<>(0);
    private final List<RunFlush.Completion> completions = new ArrayList<>(0);
    private final Set<String> tags = new LinkedHashSet<>(0);
    /** Whether there are tags that no row shows. */
    private boolean tagged;

    private long storedBytes;
    /** When the oldest record in the buffer came to be. */
    private long waitingSince;

    private @Nullable Instant startTime;
    /** Flushes that nobody has waited for yet, oldest first. */
    private final ArrayDeque<CompletableFuture<JournalWriter.Outcome>> open = new ArrayDeque<>();
    /** The outcome of the last flush: when that is durable, so are all before it. */
    private CompletableFuture<JournalWriter.Outcome> latest =
            CompletableFuture.completedFuture(JournalWriter.Outcome.DURABLE);

    /** The fate of the first thing that is written of the run. */
    private final CompletableFuture<JournalWriter.Outcome> accepted = new CompletableFuture<>();

    /** Of a run that nobody has seen yet; null for one that is durable. */
    private final @Nullable Recall recall;

    private RunJournal(JournalWriter writer, RunHeader header, JournalRecord.Began began, @Nullable Recall recall) {
        this.writer = writer;
        this.header = header;
        this.began = began;
        this.recall = recall;
    }

    /** A run that starts now, in this process, and has nothing durable yet. */
    public static RunJournal begin(
            JournalWriter writer, RunHeader header, JournalRecord.Began began, Instant startTime) {
        var journal = new RunJournal(writer, header, began, new Recall());
        journal.startTime = startTime;
        journal.append(List.of(began));
        return journal;
    }

    /**
     * A run whose queue row is durable.
     *
     * @param nextSeq the number of the run's next journal row; 0 when it has none, then its first record is written again
     * @param storedBytes what it has written
     * @param tags what it has
     */
    public static RunJournal accepted(
            JournalWriter writer,
            RunHeader header,
            JournalRecord.Began began,
            Instant startTime,
            int nextSeq,
            long storedBytes,
            List<String> tags) {
        var journal = new RunJournal(writer, header, began, null);
        journal.startTime = startTime;
        journal.queued = true;
        journal.waited = nextSeq > 0;
        journal.seq = nextSeq;
        journal.storedBytes = storedBytes;
        journal.tags.addAll(tags);
        if (nextSeq == 0) {
            journal.append(List.of(began));
        }
        return journal;
    }

    public RunHeader header() {
        return header;
    }

    /**
     * Returns when an effect may start. It may only while the lease is certain: a database that is away makes effects
     * wait.
     *
     * @throws LeaseLost when another process has the run
     */
    public void awaitLease() throws InterruptedException {
        var lease = writer.lease();
        while (!lease.mayStartEffect()) {
            if (lease.lost()) {
                throw new LeaseLost(header.runId());
            }
            writer.waits().sleep(LEASE_CHECK);
        }
    }

    /** Bytes of the run's journal as stored, large outputs included. */
    public long storedBytes() {
        return storedBytes;
    }

    /** Whether lists can see the run already. */
    public boolean recorded() {
        return recorded;
    }

    /** The name under which this process writes the run. */
    public String processId() {
        return writer.lane().processId();
    }

    /** What the run is pinned to. */
    public JournalRecord.Began began() {
        return began;
    }

    /**
     * Takes the run back for a caller who gets no answer: nothing of it is ever written, and it ends at its next barrier.
     *
     * @return false when it is too late: then the run goes on
     */
    public boolean recall() {
        return recall != null && recall.recall();
    }

    /**
     * Completed when the run is durable, in whichever form: then it will end, whatever becomes of this process. Something
     * has to be written for that; {@link #accept} sees to it.
     */
    public CompletableFuture<JournalWriter.Outcome> accepted() {
        return accepted;
    }

    /** Writes the row that makes the run accepted, unless something of it has been handed to the writer already. */
    public void accept() {
        lock.lock();
        try {
            if (!queued && !ended && !paused) {
                submit(flush(null));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the run has been given away. */
    public boolean paused() {
        return paused;
    }

    /** Adds records; they are durable after the next barrier or end. */
    public void append(List<JournalRecord> records) {
        append(records, List.of());
    }

    /** Adds records and what their steps did inside the database: both become durable together. */
    public void append(List<JournalRecord> records, List<Effect> effects) {
        var beside = putBeside(records);
        lock.lock();
        try {
            write(records, beside, effects);
            if (buffer.size() > FLUSH_ABOVE) {
                submit(flush(null));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether the run writes faster than the database takes it; {@link #barrier} lets the database catch up. */
    public boolean farAhead() {
        lock.lock();
        try {
            return open.size() > MAX_OPEN;
        } finally {
            lock.unlock();
        }
    }

    /** @param beside those of the records whose value is kept beside the journal */
    private void write(List<JournalRecord> records, Set<JournalRecord> beside, List<Effect> effects) {
        for (var record : records) {
            write(record, beside.contains(record));
        }
        for (var effect : effects) {
            switch (effect) {
                case Effect.OpenWaitpoint open -> {
                    waited = true;
                    waitpoints.add(opened(open, Objects.requireNonNull(lastPath)));
                }
                case Effect.StartRun start -> children.add(child(start));
                case Effect.CompleteWaitpoint complete -> complete(complete);
                case Effect.AddTags add -> tag(Objects.requireNonNull(lastPath), add.tags());
                case Effect.Change change ->
                    throw new IllegalStateException("nobody can tell yet what comes of " + change);
            }
        }
    }

    private void tag(String path, List<String> wanted) {
        var added = new ArrayList<String>();
        for (var tag : wanted) {
            if (tags.size() < MOST_TAGS && tags.add(tag)) {
                added.add(tag);
            }
        }
        if (!added.isEmpty()) {
            write(new JournalRecord.Tagged(path, added), false);
            tagged = true;
        }
    }

    private static RunFlush.WaitpointRow opened(Effect.OpenWaitpoint open, String path) {
        if (open.links().isEmpty()) {
            return new RunFlush.WaitpointRow(open.id(), path, "WEBHOOK", "V0", null, null);
        }
        var policy = Json.object().put("needed", open.needed());
        open.links().forEach(policy.putArray("links")::add);
        return new RunFlush.WaitpointRow(open.id(), path, "WEBHOOK", "V1", null, Json.text(policy));
    }

    /** The first answer to a waitpoint counts. */
    private void complete(Effect.CompleteWaitpoint complete) {
        if (completions.stream().noneMatch(other -> other.waitpointId().equals(complete.waitpointId()))) {
            completions.add(
                    new RunFlush.Completion(complete.runId(), complete.waitpointId(), Json.text(complete.payload())));
        }
    }

    /** A run that ends wakes the one that waits for it, unless a step of it has answered. */
    private void answerParent(RunEnd end) {
        if (header.parentRunId() == null || header.parentWaitpointId() == null) {
            return;
        }
        var failed = !end.status().equals(SUCCEEDED) && header.failParentOnFailure();
        var step = end.failedStep() == null ? Json.object() : Json.read(end.failedStep());
        var why = failed ? step.path("message").asText(end.status()) : null;
        complete(new Effect.CompleteWaitpoint(
                header.parentRunId(), header.parentWaitpointId(), ended(header.runId(), why)));
    }

    /**
     * What a step that waits for a run gets when that run ends without an answer.
     *
     * @param why the step fails; null when it goes on
     */
    public static ObjectNode ended(String runId, @Nullable String why) {
        var body = Json.object().put("status", why == null ? "success" : "error");
        if (why == null) {
            body.putNull("data");
        } else {
            body.putObject("data")
                    .put("message", "The called flow failed: " + why)
                    .put("runId", runId);
        }
        return answer(body);
    }

    /** What a waiting step gets from a run, in the form of an HTTP call. */
    public static ObjectNode answer(JsonNode body) {
        var payload = Json.object();
        payload.set("body", body);
        payload.putObject("headers");
        payload.putObject("queryParams");
        return payload;
    }

    private RunFlush.Child child(Effect.StartRun start) {
        var began = start.began();
        var row = new RunFlush.QueueRow(
                start.created(),
                start.flowId(),
                began.flowVersionId(),
                began.environment().name(),
                header.priority(),
                null,
                null,
                header.runId(),
                start.waitpointId() != null,
                start.waitpointId(),
                null,
                null,
                false,
                packed(began));
        return new RunFlush.Child(start.runId(), row);
    }

    private void write(JournalRecord record, boolean beside) {
        if (buffer.size() == 0) {
            waitingSince = writer.waits().nanos();
        }
        var path = record.path();
        if (path != null) {
            firstPath = firstPath == null ? path : firstPath;
            lastPath = path;
        }
        RecordCodec.write(buffer, record, beside);
    }

    /**
     * Writes the large values of records that are about to be written, each part when it is full: a record is durable after
     * its value. Waits for the database when that is behind, so that no more than some parts are in memory.
     */
    private Set<JournalRecord> putBeside(List<JournalRecord> records) {
        Set<JournalRecord> beside = Set.of();
        for (var record : records) {
            if (putBeside(record, this::put)) {
                beside = beside.isEmpty() ? Collections.newSetFromMap(new IdentityHashMap<>()) : beside;
                beside.add(record);
            }
        }
        return beside;
    }

    /** Hands out the parts of the record's large value; false when it has none. */
    static boolean putBeside(JournalRecord record, Consumer<RunFlush.BlobRow> rows) {
        var path = record.path();
        var value = RecordCodec.large(record);
        if (path == null || value == null || !mayBeLarge(value, BESIDE_ABOVE) || Json.size(value) <= BESIDE_ABOVE) {
            return false;
        }
        JournalDocument.packBeside(value, (number, part) -> rows.accept(new RunFlush.BlobRow(path, number, part)));
        return true;
    }

    private void put(RunFlush.BlobRow row) {
        var full = row.data().length == JournalDocument.PART;
        lock.lock();
        try {
            blobs.add(row);
            storedBytes += row.data().length;
            if (full) {
                submit(flush(null));
            }
        } finally {
            lock.unlock();
        }
        if (full && farAhead()) {
            try {
                awaitOpen();
            } catch (InterruptedException stopping) {
                // The next barrier says so.
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A cheap look before anything is written: small values are the rule. */
    private static boolean mayBeLarge(JsonNode value, int limit) {
        return weight(value, limit) > limit;
    }

    private static int weight(JsonNode value, int limit) {
        if (value.isTextual()) {
            return 2 + 3 * value.textValue().length();
        }
        if (!value.isContainerNode()) {
            return 24;
        }
        int weight = 2;
        for (var field : value.properties()) {
            weight += 4 + field.getKey().length() * 3 + weight(field.getValue(), limit);
            if (weight > limit) {
                return weight;
            }
        }
        if (value.isArray()) {
            for (var item : value) {
                weight += 1 + weight(item, limit);
                if (weight > limit) {
                    return weight;
                }
            }
        }
        return weight;
    }

    /**
     * Returns when all records so far are durable.
     *
     * @throws LeaseLost when another process has the run
     */
    public void barrier() throws InterruptedException {
        lock.lock();
        try {
            if (buffer.size() > 0 || !queued) {
                submit(flush(null));
            }
        } finally {
            lock.unlock();
        }
        awaitOpen();
    }

    /**
     * Changes what the project has together with all records so far and the one that tells the change; returns when that is
     * durable.
     *
     * @param locks names in the run's project, see {@link millrace.database.NameLock}
     * @param decision called while the locks are held, by the thread that writes
     * @return what was decided when it counted
     * @throws LeaseLost when another process has the run
     */
    public Changed change(List<String> locks, StepChange.Decision decision) throws InterruptedException {
        StepChange change;
        lock.lock();
        try {
            var records = buffer.toByteArray();
            var first = firstPath;
            var last = lastPath;
            buffer.reset();
            change = new StepChange(locks, seq++, flush(null), first, last, records, decision);
            submit(change.flush());
        } finally {
            lock.unlock();
        }
        awaitOpen();
        storedBytes += change.bytes();
        return change.changed();
    }

    /** Forgets records that are not durable, because the database refused them. */
    public void discard() {
        lock.lock();
        try {
            buffer.reset();
            blobs.clear();
            waitpoints.clear();
            children.clear();
            completions.clear();
            open.clear();
            ended = false;
            forgets = false;
            paused = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Hands records that have waited longer than {@code age} to the writer, without waiting for it. A run that nobody
     * has seen yet keeps its records: it may begin anew.
     */
    public void flushOlderThan(Duration age) {
        lock.lock();
        try {
            if (queued
                    && !ended
                    && !paused
                    && buffer.size() > 0
                    && writer.waits().nanos() - waitingSince > age.toNanos()) {
                submit(flush(null));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives the run its own row while it goes on, so that lists show it. Returns without waiting; the run's own thread
     * still sees the outcome at its next barrier.
     *
     * @return completed when the row is durable
     */
    public CompletableFuture<JournalWriter.Outcome> record() {
        lock.lock();
        try {
            if (recorded || ended || paused) {
                return latest;
            }
            recorded = true;
            return submit(flush(runRow("RUNNING", null)));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes the last records, the last of which is the pause, and gives the run away: it is without an owner until
     * {@code dueAt} or until its waitpoint is completed. Returns when that is durable; nothing may be written after it.
     *
     * @param effects what the pausing step did inside the database
     * @param waitpointId where the run waits
     * @param waitpoint the same, when it is not there yet
     * @param replyTo the process whose caller waits for the run's answer
     * @param stepsCount how many steps have finished
     * @throws LeaseLost when another process has the run
     */
    public void pause(
            List<JournalRecord> last,
            List<Effect> effects,
            String waitpointId,
            RunFlush.@Nullable WaitpointRow waitpoint,
            Instant dueAt,
            @Nullable String replyTo,
            int stepsCount)
            throws InterruptedException {
        var beside = putBeside(last);
        lock.lock();
        try {
            if (!queued) {
                submit(flush(null));
            }
            write(last, beside, effects);
            if (waitpoint != null) {
                waitpoints.add(waitpoint);
            }
            waited = true;
            paused = true;
            submit(flush(runRow(PAUSED, null, stepsCount), new RunFlush.Pause(dueAt, waitpointId, replyTo)));
        } finally {
            lock.unlock();
        }
        awaitOpen();
    }

    /**
     * Returns when all so far is durable, and writes nothing after it: the caller gives the run away.
     *
     * @throws LeaseLost when another process has the run
     */
    public void leave() throws InterruptedException {
        lock.lock();
        try {
            if (buffer.size() > 0) {
                submit(flush(null));
            }
            paused = true;
        } finally {
            lock.unlock();
        }
        awaitOpen();
    }

    /**
     * Writes the last records together with the run's end; returns when both are durable.
     *
     * @param effects what the last step did inside the database
     * @throws LeaseLost when another process has the run
     */
    public void end(List<JournalRecord> last, List<Effect> effects, RunEnd end) throws InterruptedException {
        var beside = putBeside(last);
        lock.lock();
        try {
            write(last, beside, effects);
            answerParent(end);
            ended = true;
            forgets = waited && !RunStatus.valueOf(end.status()).retriable();
            submit(flush(runRow(end.status(), end)));
        } finally {
            lock.unlock();
        }
        awaitOpen();
    }

    private RunFlush.RunRow runRow(String status, @Nullable RunEnd end) {
        return runRow(status, end, end == null ? 0 : end.stepsCount());
    }

    private RunFlush.RunRow runRow(String status, @Nullable RunEnd end, int stepsCount) {
        return new RunFlush.RunRow(
                header.created(),
                header.flowId(),
                header.flowVersionId(),
                header.environment(),
                status,
                header.parentRunId(),
                header.failParentOnFailure(),
                header.triggeredBy(),
                startTime,
                end == null ? null : end.finishTime(),
                end == null ? null : end.failedStep(),
                stepsCount,
                header.stepNameToTest(),
                end == null ? null : end.internalError(),
                List.copyOf(tags),
                null);
    }

    private RunFlush flush(RunFlush.@Nullable RunRow run) {
        return flush(run, null);
    }

    /**
     * Takes what is buffered into one flush. The first flush of a run that ends needs no queue and no journal row. New tags
     * give the run a row, or bring its row up to date: lists find tags there.
     */
    private RunFlush flush(RunFlush.@Nullable RunRow asked, RunFlush.@Nullable Pause pause) {
        var run = asked == null && tagged ? runRow("RUNNING", null) : asked;
        recorded |= tagged;
        tagged = false;
        var effects = effects(pause);
        RunFlush.QueueRow queueRow = null;
        RunFlush.JournalRow journalRow = null;
        var row = run;
        if (buffer.size() > 0) {
            var document = JournalDocument.pack(buffer.toByteArray(), buffer.size());
            storedBytes += document.length;
            if (ended && row != null && seq == 0 && effects == null) {
                row = withJournal(row, document);
            } else {
                journalRow = new RunFlush.JournalRow(seq++, firstPath, lastPath, document);
            }
        }
        var change = RunFlush.QueueChange.NONE;
        if (ended) {
            change = queued ? RunFlush.QueueChange.DELETE : RunFlush.QueueChange.NONE;
        } else if (!queued) {
            queueRow = queueRow(run != null);
            queued = true;
        } else if (run != null && pause == null) {
            change = RunFlush.QueueChange.RECORD;
        }
        var flush = new RunFlush(header.runId(), header.projectId(), queueRow, journalRow, blobs, row, change, effects);
        buffer.reset();
        blobs.clear();
        firstPath = null;
        lastPath = null;
        return flush;
    }

    private RunFlush.@Nullable Effects effects(RunFlush.@Nullable Pause pause) {
        if (pause == null && !forgets && waitpoints.isEmpty() && children.isEmpty() && completions.isEmpty()) {
            return null;
        }
        var effects = new RunFlush.Effects(pause, waitpoints, children, completions, forgets);
        waitpoints.clear();
        children.clear();
        completions.clear();
        return effects;
    }

    private RunFlush.QueueRow queueRow(boolean nowRecorded) {
        return new RunFlush.QueueRow(
                header.created(),
                header.flowId(),
                header.flowVersionId(),
                header.environment(),
                header.priority(),
                writer.lane(),
                startTime,
                header.parentRunId(),
                header.failParentOnFailure(),
                header.parentWaitpointId(),
                header.triggeredBy(),
                header.stepNameToTest(),
                nowRecorded,
                packed(began));
    }

    /** One record as a document: what a queue row keeps of a run's first record, or a journal row of its own. */
    public static byte[] packed(JournalRecord record) {
        var out = new ByteArrayOutputStream(512);
        RecordCodec.write(out, record, false);
        return JournalDocument.pack(out.toByteArray(), out.size());
    }

    private static RunFlush.RunRow withJournal(RunFlush.RunRow row, byte[] document) {
        return new RunFlush.RunRow(
                row.created(),
                row.flowId(),
                row.flowVersionId(),
                row.environment(),
                row.status(),
                row.parentRunId(),
                row.failParentOnFailure(),
                row.triggeredBy(),
                row.startTime(),
                row.finishTime(),
                row.failedStep(),
                row.stepsCount(),
                row.stepNameToTest(),
                row.internalError(),
                row.tags(),
                document);
    }

    private CompletableFuture<JournalWriter.Outcome> submit(RunFlush flush) {
        CompletableFuture<JournalWriter.Outcome> outcome;
        try {
            outcome = writer.submit(flush, recall);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = CompletableFuture.failedFuture(e);
        }
        if (!accepted.isDone()) {
            outcome.thenAccept(accepted::complete);
        }
        open.addLast(outcome);
        latest = outcome;
        return outcome;
    }

    private void awaitOpen() throws InterruptedException {
        for (var next = nextOpen(); next != null; next = nextOpen()) {
            await(next);
        }
    }

    private @Nullable CompletableFuture<JournalWriter.Outcome> nextOpen() {
        lock.lock();
        try {
            return open.pollFirst();
        } finally {
            lock.unlock();
        }
    }

    private void await(CompletableFuture<JournalWriter.Outcome> outcome) throws InterruptedException {
        try {
            if (writer.waits().await(outcome) == JournalWriter.Outcome.LOST) {
                throw new LeaseLost(header.runId());
            }
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case InterruptedException ignored -> throw new InterruptedException();
                case WriteFailed refused -> throw new JournalRefused(header.runId(), refused);
                case null, default ->
                    throw new IllegalStateException("the journal of run " + header.runId() + " failed", e.getCause());
            }
        }
    }
}
