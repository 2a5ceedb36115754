package millrace.run;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import millrace.access.Access;
import millrace.access.Permission;
import millrace.access.Principal;
import millrace.access.Scope;
import millrace.database.Database;
import millrace.database.Tx;
import millrace.engine.ErrorCode;
import millrace.engine.JournalRecord;
import millrace.engine.MillraceException;
import millrace.engine.RunStatus;
import millrace.http.PageRequest;
import millrace.journal.JournalReader;
import millrace.journal.RunJournal;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What people do to runs that were started: retry, cancel, archive. Each change is one transaction that locks the run's
 * rows and asks {@link RunStatus} whether the move is legal; a run that has moved meanwhile is left as it is.
 *
 * <p>A run that a process executes is canceled by that process: a mark on its queue row asks for it. Every process
 * looks for marks once a second, and at once when the one that was asked over HTTP tells it.
 */
public final class RunActions implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RunActions.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    /** How long a cancel waits for this process's own runs, so that its answer can say that they have ended. */
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(2);

    private static final String ENDED_IN_DOUBT =
            "The run was canceled after its process had ended in this step: the step may have taken effect.";

    private static final int PAGE = 500;
    private static final int MAX_RETRIED = 10_000;
    private static final int MEDIUM_PRIORITY = 3;
    private static final Set<RunStatus> WAITING = EnumSet.of(RunStatus.QUEUED, RunStatus.PAUSED);
    private static final Set<RunStatus> OPEN = EnumSet.of(RunStatus.QUEUED, RunStatus.PAUSED, RunStatus.RUNNING);

    private final Database database;
    private final Access access;
    private final RunService runs;
    private final Function<String, Optional<String>> publishedVersions;
    private final Duration retention;
    private final InstantSource clock;
    private final RunStore stored = new RunStore();
    private final RunListStore lists = new RunListStore();
    private final RunLifeStore life = new RunLifeStore();
    private final CanceledRuns canceledRuns = new CanceledRuns();
    private final Runnable announcement;
    private final Semaphore look = new Semaphore(0);
    private final Thread watch;

    /**
     * @param publishedVersions finds the published version of a flow
     * @param announcement tells other processes to {@link #lookForCancels}
     * @param retention after how long the data of runs are gone; named when a retry finds none
     */
    public RunActions(
            Database database,
            Access access,
            RunService runs,
            Function<String, Optional<String>> publishedVersions,
            Duration retention,
            InstantSource clock,
            Runnable announcement) {
        this.database = database;
        this.access = access;
        this.runs = runs;
        this.publishedVersions = publishedVersions;
        this.retention = retention;
        this.clock = clock;
        this.announcement = announcement;
        this.watch = Thread.ofVirtual().name("run-cancels").start(this::watchForCancels);
    }

    // ---- retry

    /**
     * @return the run that goes on, or the new one
     * @throws MillraceException ENTITY_NOT_FOUND outside the project; VALIDATION when the run has not ended or has
     *     nothing to go on from; FLOW_RUN_RETRY_OUTSIDE_RETENTION when its data are gone
     */
    public FlowRun retry(Principal principal, String runId, RetryRequest request) {
        access.require(principal, Permission.WRITE_RUN, request.projectId());
        var scope = Scope.project(request.projectId());
        return runs.find(scope, retry(scope, runId, request.strategy()));
    }

    /**
     * Retries every selected run, each by itself; one that can't be retried says why.
     *
     * @throws MillraceException VALIDATION when the filters select more than 10,000 runs, of which none is retried then
     */
    public List<RetriedRun> retryAll(Principal principal, BulkRetry request) {
        access.require(principal, Permission.WRITE_RUN, request.projectId());
        var scope = Scope.project(request.projectId());
        var selected = new ArrayList<FlowRun>();
        var selection = request.selection();
        forEachPage(selection, selection.statusesOr(Set.of()), page -> {
            selected.addAll(page);
            if (selected.size() > MAX_RETRIED) {
                throw MillraceException.invalid("More than " + MAX_RETRIED
                        + " runs are selected; narrow it down with createdAfter and createdBefore.");
            }
        });
        var retried = new ArrayList<RetriedRun>(selected.size());
        for (var run : selected) {
            try {
                retried.add(new RetriedRun(runs.find(scope, retry(scope, run.id(), request.strategy())), null));
            } catch (MillraceException refused) {
                retried.add(new RetriedRun(
                        run, new RetriedRun.Refusal(refused.code().wireName(), String.valueOf(refused.getMessage()))));
            }
        }
        return retried;
    }

    private String retry(Scope scope, String runId, RetryStrategy strategy) {
        return switch (strategy) {
            case FROM_FAILED_STEP -> {
                database.transact(tx -> goOn(tx, scope, runId));
                yield runId;
            }
            case ON_LATEST_VERSION -> startAnew(scope, runId);
        };
    }

    /** The run keeps its id and its finished steps; whoever has room takes it up. */
    private void goOn(Tx tx, Scope scope, String runId) {
        var run = ended(tx, scope, runId);
        if (!run.status().mayBecome(RunStatus.QUEUED)) {
            throw MillraceException.conflict("The run is " + run.status()
                    + " and has no failed step to go on from; ON_LATEST_VERSION starts it anew.");
        }
        var began = began(tx, run);
        life.requeue(tx, run, RunJournal.packed(began), RunJournal.packed(new JournalRecord.Retried(clock.millis())));
        tx.afterCommit(runs::wake);
    }

    private String startAnew(Scope scope, String runId) {
        record Old(RunLifeStore.Kept run, JournalRecord.Began began) {}
        // Locks a row, so it is no read.
        var old = database.transaction(tx -> {
            var run = ended(tx, scope, runId);
            return new Old(run, began(tx, run));
        });
        var flowId = old.run().flowId();
        var version =
                publishedVersions.apply(flowId).orElseThrow(() -> MillraceException.notFound("flow_version", flowId));
        try {
            return runs.accept(new RunStart(
                    old.run().projectId(),
                    flowId,
                    version,
                    old.began().environment(),
                    old.began().payload(),
                    old.began().triggerInput(),
                    null,
                    MEDIUM_PRIORITY));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MillraceException.of(ErrorCode.DATABASE_UNAVAILABLE, "the server is stopping");
        }
    }

    private RunLifeStore.Kept ended(Tx tx, Scope scope, String runId) {
        var kept = life.lockKept(tx, scope, runId).orElse(null);
        if (kept != null && kept.status().terminal()) {
            return kept;
        }
        if (kept == null && life.lockOpen(tx, scope, runId).isEmpty()) {
            throw MillraceException.notFound("flow_run", runId);
        }
        throw MillraceException.conflict(
                "The run has not ended. Only a run that has ended can be retried; cancel it first.");
    }

    private JournalRecord.Began began(Tx tx, RunLifeStore.Kept run) {
        var whole = run.whole();
        var documents = whole == null ? stored.documentsFrom(tx, run.runId(), 0) : List.of(whole);
        if (documents.isEmpty()) {
            throw MillraceException.of(
                    ErrorCode.FLOW_RUN_RETRY_OUTSIDE_RETENTION,
                    Map.of("flowRunId", run.runId(), "failedJobRetentionDays", retention.toDays()));
        }
        return (JournalRecord.Began)
                records(tx, run.runId(), documents.subList(0, 1)).getFirst();
    }

    private List<JournalRecord> records(Tx tx, String runId, List<byte[]> documents) {
        return JournalReader.read(documents, (path, part) -> stored.blob(tx, runId, path, part));
    }

    // ---- cancel

    /**
     * Cancels the selected runs and what they have started. Waiting ones end at once. One that is executed is stopped
     * in the middle of its step, whose record says what could not be undone; it is canceled when it is named or when
     * its status is asked for, and not by filters alone.
     *
     * @throws MillraceException VALIDATION for a status that a run can't be canceled in
     */
    public Canceled cancelAll(Principal principal, RunSelection selection) {
        access.require(principal, Permission.WRITE_RUN, selection.projectId());
        var statuses = selection.statusesOr(selection.flowRunIds() == null ? WAITING : OPEN);
        for (var status : statuses) {
            if (!status.mayBecome(RunStatus.CANCELED)) {
                throw MillraceException.invalid("A run that is " + status + " can't be canceled.");
            }
        }
        var cancel = new Cancel(Scope.project(selection.projectId()));
        forEachPage(selection, statuses, page -> page.forEach(run -> cancel.withDescendants(run.id(), statuses)));
        return cancel.result();
    }

    /** One cancel: the runs that it has met so far. */
    private final class Cancel {
        private final Scope scope;
        private final Set<String> seen = new HashSet<>();
        private final List<String> asked = new ArrayList<>();
        private int ended;

        Cancel(Scope scope) {
            this.scope = scope;
        }

        void withDescendants(String rootId, Set<RunStatus> statuses) {
            if (!seen.add(rootId) || !one(rootId, statuses)) {
                return;
            }
            var parents = new ArrayDeque<>(List.of(rootId));
            while (!parents.isEmpty()) {
                var parent = parents.remove();
                for (var child : database.<List<String>>read(tx -> life.children(tx, scope, parent))) {
                    if (seen.add(child)) {
                        one(child, OPEN);
                        parents.add(child);
                    }
                }
            }
        }

        /** Ends a waiting run, or asks the process that executes it; false when neither was to be done. */
        private boolean one(String runId, Set<RunStatus> statuses) {
            var owned = database.<Optional<Boolean>>transaction(tx -> {
                var open = life.lockOpen(tx, scope, runId)
                        .filter(run -> statuses.contains(run.status()))
                        .orElse(null);
                if (open == null) {
                    return Optional.empty();
                }
                if (open.owned()) {
                    life.askCancel(tx, runId);
                    tx.afterCommit(() -> {
                        runs.stop(runId);
                        announcement.run();
                    });
                } else {
                    canceledRuns.end(tx, open, ENDED_IN_DOUBT);
                    if (canceledRuns.answerParent(tx, open)) {
                        tx.afterCommit(runs::wake);
                    }
                }
                return Optional.of(open.owned());
            });
            owned.ifPresent(executed -> {
                if (executed) {
                    asked.add(runId);
                } else {
                    ended++;
                }
            });
            return owned.isPresent();
        }

        Canceled result() {
            var deadline = System.nanoTime() + STOPPED_WITHIN.toNanos();
            for (var runId : asked) {
                runs.awaitEnd(runId, Duration.ofNanos(deadline - System.nanoTime()));
            }
            var stopping = new ArrayList<String>();
            for (var runId : asked) {
                switch (RunStatus.valueOf(runs.find(scope, runId).status())) {
                    case CANCELED -> ended++;
                    case QUEUED, RUNNING, PAUSED -> stopping.add(runId);
                    // It had ended by itself before it was reached.
                    default -> {}
                }
            }
            return new Canceled(ended, stopping);
        }
    }

    /** Another process has marked a run: this one looks at once whether it is its own. */
    public void lookForCancels() {
        look.release();
    }

    /** Stops what other processes were asked to cancel here, and ends what lost its process before it heard of it. */
    private void watchForCancels() {
        while (true) {
            try {
                look.tryAcquire(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                look.drainPermits();
                for (var asked : database.<List<RunLifeStore.Asked>>read(tx -> life.asked(tx, PAGE))) {
                    if (asked.owned()) {
                        runs.stop(asked.runId());
                    } else {
                        new Cancel(Scope.project(asked.projectId())).one(asked.runId(), OPEN);
                    }
                }
            } catch (InterruptedException closing) {
                return;
            } catch (RuntimeException e) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                log.warn("runs that are to be canceled can't be looked for and will be: {}", e.getMessage());
            }
        }
    }

    // ---- archive

    /** Hides the selected runs that have ended from lists that do not ask for archived ones. */
    public void archiveAll(Principal principal, RunSelection selection) {
        access.require(principal, Permission.WRITE_RUN, selection.projectId());
        var scope = Scope.project(selection.projectId());
        forEachPage(selection, selection.statusesOr(Set.of()), page -> {
            var runIds = page.stream().map(FlowRun::id).toList();
            database.transact(tx -> life.archive(tx, scope, runIds));
        });
    }

    // ---- count

    /** How many production runs have each status, archived ones left out. */
    public List<StatusCount> countByStatus(Principal principal, RunFilter filter) {
        access.require(principal, Permission.READ_RUN, filter.projectId());
        return database.list(tx -> stored.countByStatus(tx, filter));
    }

    // ---- selection

    /** Hands the selected runs over, newest first, some hundred at a time. */
    private void forEachPage(RunSelection selection, Set<RunStatus> statuses, Consumer<Collection<FlowRun>> page) {
        var excluded = selection.excluded();
        if (selection.flowRunIds() != null) {
            var named = selection.flowRunIds().stream()
                    .distinct()
                    .filter(excluded.negate())
                    .toList();
            for (int from = 0; from < named.size(); from += PAGE) {
                var ids = named.subList(from, Math.min(from + PAGE, named.size()));
                page.accept(database.read(tx -> stored.named(tx, selection.projectId(), ids)));
            }
            return;
        }
        var filter = selection.filter(statuses);
        var request = new PageRequest(PAGE, null);
        while (request != null) {
            var at = request;
            var found = database.read(tx -> lists.page(tx, filter, at, clock.instant()));
            page.accept(found.data().stream()
                    .filter(run -> !excluded.test(run.id()))
                    .toList());
            request = found.following(PAGE);
        }
    }

    @Override
    public void close() {
        watch.interrupt();
        try {
            watch.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
