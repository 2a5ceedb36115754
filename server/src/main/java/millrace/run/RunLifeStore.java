package millrace.run;

import static millrace.database.Tenancy.within;
import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_QUEUE;
import static millrace.schema.Tables.WAITPOINT;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Tx;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/** Moves runs from one status to another on somebody's wish. The rows are locked by whoever asks what to do. */
final class RunLifeStore {
    private static final int DEFAULT_PRIORITY = 3;

    /**
     * A run that has not ended; its queue row is locked.
     *
     * @param owned whether a process executes it
     * @param doc its packed first record
     */
    record Open(
            String runId,
            String projectId,
            RunStatus status,
            boolean owned,
            boolean recorded,
            byte[] doc,
            @Nullable Waiting parent) {}

    /** The run that waits for this one to end. */
    record Waiting(String runId, String waitpointId, boolean failsWithIt) {}

    /**
     * A run with a row of its own, which is locked.
     *
     * @param whole its packed journal when it is kept in that row
     */
    record Kept(String runId, String projectId, String flowId, RunStatus status, byte @Nullable [] whole) {}

    /** A run that is to be canceled, and whether a process executes it. */
    record Asked(String runId, String projectId, boolean owned) {}

    Optional<Open> lockOpen(Tx tx, Scope scope, String runId) {
        return tx.dialect()
                .forUpdate(tx.sql()
                        .select(
                                RUN_QUEUE.ID,
                                RUN_QUEUE.PROJECT_ID,
                                RUN_QUEUE.STATUS,
                                RUN_QUEUE.PROCESS_ID,
                                RUN_QUEUE.RECORDED,
                                RUN_QUEUE.DOC,
                                RUN_QUEUE.PARENT_RUN_ID,
                                RUN_QUEUE.PARENT_WAITPOINT_ID,
                                RUN_QUEUE.FAIL_PARENT_ON_FAILURE)
                        .from(RUN_QUEUE)
                        .where(RUN_QUEUE.ID.eq(runId), within(scope, RUN_QUEUE.PROJECT_ID)))
                .fetchOptional(row -> new Open(
                        row.get(RUN_QUEUE.ID),
                        row.get(RUN_QUEUE.PROJECT_ID),
                        RunStatus.valueOf(row.get(RUN_QUEUE.STATUS)),
                        row.get(RUN_QUEUE.PROCESS_ID) != null,
                        row.get(RUN_QUEUE.RECORDED),
                        row.get(RUN_QUEUE.DOC),
                        parent(
                                row.get(RUN_QUEUE.PARENT_RUN_ID),
                                row.get(RUN_QUEUE.PARENT_WAITPOINT_ID),
                                row.get(RUN_QUEUE.FAIL_PARENT_ON_FAILURE))));
    }

    private static @Nullable Waiting parent(@Nullable String runId, @Nullable String waitpointId, boolean failsWithIt) {
        return runId == null || waitpointId == null ? null : new Waiting(runId, waitpointId, failsWithIt);
    }

    Optional<Kept> lockKept(Tx tx, Scope scope, String runId) {
        return tx.dialect()
                .forUpdate(tx.sql()
                        .select(FLOW_RUN.ID, FLOW_RUN.PROJECT_ID, FLOW_RUN.FLOW_ID, FLOW_RUN.STATUS, FLOW_RUN.JOURNAL)
                        .from(FLOW_RUN)
                        .where(FLOW_RUN.ID.eq(runId), within(scope, FLOW_RUN.PROJECT_ID)))
                .fetchOptional(row -> new Kept(
                        row.get(FLOW_RUN.ID),
                        row.get(FLOW_RUN.PROJECT_ID),
                        row.get(FLOW_RUN.FLOW_ID),
                        RunStatus.valueOf(row.get(FLOW_RUN.STATUS)),
                        row.get(FLOW_RUN.JOURNAL)));
    }

    /** The process that executes the run will see the mark; nobody claims a run that bears it. */
    void askCancel(Tx tx, String runId) {
        tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.CANCEL_ASKED, true)
                .where(RUN_QUEUE.ID.eq(runId))
                .execute();
    }

    /** The runs that bear the mark, at most so many. Served by an index that holds nothing else. */
    List<Asked> asked(Tx tx, int limit) {
        tx.dialect().byIndex(tx.sql());
        return tx.sql()
                .select(RUN_QUEUE.ID, RUN_QUEUE.PROJECT_ID, RUN_QUEUE.PROCESS_ID)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.CANCEL_ASKED.isTrue())
                .limit(limit)
                .fetch(row -> new Asked(
                        row.get(RUN_QUEUE.ID), row.get(RUN_QUEUE.PROJECT_ID), row.get(RUN_QUEUE.PROCESS_ID) != null));
    }

    /**
     * Ends an open run that no process executes; nothing waits for it any more.
     *
     * @param hasJournal whether it has journal rows; without any, its first record is its whole journal
     */
    void endCanceled(Tx tx, Open run, boolean hasJournal, @Nullable JsonNode failedStep) {
        if (run.recorded()) {
            tx.sql()
                    .update(FLOW_RUN)
                    .set(FLOW_RUN.STATUS, RunStatus.CANCELED.name())
                    .set(FLOW_RUN.FINISH_TIME, tx.dialect().now())
                    .set(FLOW_RUN.UPDATED, tx.dialect().now())
                    .set(FLOW_RUN.FAILED_STEP, failedStep)
                    .where(FLOW_RUN.ID.eq(run.runId()))
                    .execute();
        } else {
            insertCanceled(tx, run, hasJournal, failedStep);
        }
        tx.sql()
                .deleteFrom(WAITPOINT)
                .where(WAITPOINT.FLOW_RUN_ID.eq(run.runId()))
                .execute();
        tx.sql().deleteFrom(RUN_QUEUE).where(RUN_QUEUE.ID.eq(run.runId())).execute();
    }

    private static void insertCanceled(Tx tx, Open run, boolean hasJournal, @Nullable JsonNode failedStep) {
        var queued = tx.sql()
                .selectFrom(RUN_QUEUE)
                .where(RUN_QUEUE.ID.eq(run.runId()))
                .fetchSingle();
        tx.sql()
                .insertInto(FLOW_RUN)
                .set(FLOW_RUN.ID, queued.getId())
                .set(FLOW_RUN.CREATED, queued.getCreated())
                .set(FLOW_RUN.PROJECT_ID, queued.getProjectId())
                .set(FLOW_RUN.FLOW_ID, queued.getFlowId())
                .set(FLOW_RUN.FLOW_VERSION_ID, queued.getFlowVersionId())
                .set(FLOW_RUN.ENVIRONMENT, queued.getEnvironment())
                .set(FLOW_RUN.STATUS, RunStatus.CANCELED.name())
                .set(FLOW_RUN.PARENT_RUN_ID, queued.getParentRunId())
                .set(FLOW_RUN.FAIL_PARENT_ON_FAILURE, queued.getFailParentOnFailure())
                .set(FLOW_RUN.TRIGGERED_BY, queued.getTriggeredBy())
                .set(FLOW_RUN.START_TIME, queued.getStartTime())
                .set(FLOW_RUN.FINISH_TIME, tx.dialect().now())
                .set(FLOW_RUN.FAILED_STEP, failedStep)
                .set(FLOW_RUN.STEP_NAME_TO_TEST, queued.getStepNameToTest())
                .set(FLOW_RUN.JOURNAL, hasJournal ? null : run.doc())
                .execute();
    }

    /** Runs that this one started and that may have to be canceled with it, ended ones included. */
    List<String> children(Tx tx, Scope scope, String runId) {
        var children = new ArrayList<>(tx.sql()
                .select(RUN_QUEUE.ID)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.PARENT_RUN_ID.eq(runId), within(scope, RUN_QUEUE.PROJECT_ID))
                .fetch(RUN_QUEUE.ID));
        tx.sql()
                .select(FLOW_RUN.ID)
                .from(FLOW_RUN)
                .where(FLOW_RUN.PARENT_RUN_ID.eq(runId), within(scope, FLOW_RUN.PROJECT_ID))
                .fetch(FLOW_RUN.ID)
                .forEach(id -> {
                    if (!children.contains(id)) {
                        children.add(id);
                    }
                });
        return children;
    }

    /**
     * Puts an ended run into the queue again, under the same id, for whoever has room. Its journal goes on where it
     * ended, with {@code retried} as its next document; one that was kept in the run's row becomes the first.
     *
     * @param began the packed first record
     * @param retried the packed record of the retry
     */
    void requeue(Tx tx, Kept run, byte[] began, byte[] retried) {
        if (run.whole() != null) {
            RunJournalStore.append(tx, run.projectId(), run.runId(), run.whole());
        }
        RunJournalStore.append(tx, run.projectId(), run.runId(), retried);
        var ended = tx.sql()
                .update(FLOW_RUN)
                .set(FLOW_RUN.STATUS, RunStatus.QUEUED.name())
                .set(FLOW_RUN.UPDATED, tx.dialect().now())
                .setNull(FLOW_RUN.FINISH_TIME)
                .setNull(FLOW_RUN.FAILED_STEP)
                .setNull(FLOW_RUN.INTERNAL_ERROR)
                .setNull(FLOW_RUN.JOURNAL)
                .where(FLOW_RUN.ID.eq(run.runId()))
                .returning()
                .fetchSingle();
        tx.sql()
                .insertInto(RUN_QUEUE)
                .set(RUN_QUEUE.ID, ended.getId())
                .set(RUN_QUEUE.CREATED, ended.getCreated())
                .set(RUN_QUEUE.PROJECT_ID, ended.getProjectId())
                .set(RUN_QUEUE.FLOW_ID, ended.getFlowId())
                .set(RUN_QUEUE.FLOW_VERSION_ID, ended.getFlowVersionId())
                .set(RUN_QUEUE.ENVIRONMENT, ended.getEnvironment())
                .set(RUN_QUEUE.STATUS, RunStatus.QUEUED.name())
                .set(RUN_QUEUE.PRIORITY, DEFAULT_PRIORITY)
                .set(RUN_QUEUE.START_TIME, ended.getStartTime())
                .set(RUN_QUEUE.PARENT_RUN_ID, ended.getParentRunId())
                .set(RUN_QUEUE.FAIL_PARENT_ON_FAILURE, ended.getFailParentOnFailure())
                .set(RUN_QUEUE.TRIGGERED_BY, ended.getTriggeredBy())
                .set(RUN_QUEUE.STEP_NAME_TO_TEST, ended.getStepNameToTest())
                .set(RUN_QUEUE.RECORDED, true)
                .set(RUN_QUEUE.WOKEN, WaitpointStore.answered(tx, run.runId()))
                .set(RUN_QUEUE.DOC, began)
                .execute();
    }

    /** Hides ended runs from lists that do not ask for archived ones. Returns how many were not hidden before. */
    int archive(Tx tx, Scope scope, List<String> runIds) {
        var ended = EnumSet.allOf(RunStatus.class).stream()
                .filter(RunStatus::terminal)
                .map(Enum::name)
                .toList();
        return tx.sql()
                .update(FLOW_RUN)
                .set(FLOW_RUN.ARCHIVED_AT, tx.dialect().now())
                .set(FLOW_RUN.UPDATED, tx.dialect().now())
                .where(
                        FLOW_RUN.ID.in(runIds),
                        within(scope, FLOW_RUN.PROJECT_ID),
                        FLOW_RUN.ARCHIVED_AT.isNull(),
                        FLOW_RUN.STATUS.in(ended))
                .execute();
    }
}
