package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_DOUBT;
import static millrace.schema.Tables.RUN_QUEUE;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import millrace.database.Tx;
import millrace.definition.OnInDoubt;
import millrace.engine.JournalRecord;
import millrace.engine.RunStatus;
import millrace.journal.RunJournal;
import org.jooq.Condition;
import org.jooq.impl.DSL;

/** Calls that may have happened: noted before anything is done about them, and listed ever after. */
final class DoubtStore {

    /** Notes a doubt; the same call may be in doubt again after the next crash. */
    void note(Tx tx, String projectId, String runId, String path, int attempt, String type, OnInDoubt choice) {
        tx.sql()
                .insertInto(RUN_DOUBT)
                .set(RUN_DOUBT.RUN_ID, runId)
                .set(RUN_DOUBT.PATH, path)
                .set(RUN_DOUBT.ATTEMPT, attempt)
                .set(RUN_DOUBT.PROJECT_ID, projectId)
                .set(RUN_DOUBT.TYPE, type)
                .set(RUN_DOUBT.CHOICE, choice.name())
                .onConflict(RUN_DOUBT.RUN_ID, RUN_DOUBT.PATH, RUN_DOUBT.ATTEMPT)
                .doUpdate()
                .set(RUN_DOUBT.TIMES, RUN_DOUBT.TIMES.plus(1))
                .execute();
    }

    /**
     * Takes the run from its process until the call is decided.
     *
     * @return false when the process has lost it meanwhile, or when the call is decided already: a repetition whose first
     *     commit went unheard may find the run with the same process again
     */
    boolean leave(Tx tx, String runId, String processId, String path, int attempt) {
        var left = tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.STATUS, RunStatus.PAUSED.name())
                .setNull(RUN_QUEUE.PROCESS_ID)
                .setNull(RUN_QUEUE.LANE)
                .setNull(RUN_QUEUE.DUE_AT)
                .where(RUN_QUEUE.ID.eq(runId), RUN_QUEUE.PROCESS_ID.eq(processId))
                .andNotExists(DSL.selectOne()
                        .from(RUN_DOUBT)
                        .where(
                                RUN_DOUBT.RUN_ID.eq(runId),
                                RUN_DOUBT.PATH.eq(path),
                                RUN_DOUBT.ATTEMPT.eq(attempt),
                                RUN_DOUBT.DECIDED.isNotNull()))
                .execute();
        if (left == 1) {
            showAs(tx, runId, RunStatus.PAUSED);
        }
        return left == 1;
    }

    private static void showAs(Tx tx, String runId, RunStatus status) {
        tx.sql()
                .update(FLOW_RUN)
                .set(FLOW_RUN.STATUS, status.name())
                .where(FLOW_RUN.ID.eq(runId))
                .execute();
    }

    /**
     * Writes a person's answer and lets the run go on.
     *
     * @param record what the answer means for the run
     * @return false when the run does not wait for an answer about this call, or no more
     */
    boolean decide(Tx tx, Waiting waiting, boolean happened, JournalRecord record) {
        var woken = tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.STATUS, RunStatus.QUEUED.name())
                .where(
                        RUN_QUEUE.ID.eq(waiting.runId()),
                        RUN_QUEUE.STATUS.eq(RunStatus.PAUSED.name()),
                        RUN_QUEUE.PROCESS_ID.isNull())
                .execute();
        if (woken == 0) {
            return false;
        }
        var decided = tx.sql()
                .update(RUN_DOUBT)
                .set(RUN_DOUBT.HAPPENED, happened)
                .set(RUN_DOUBT.DECIDED, tx.dialect().now())
                .where(
                        RUN_DOUBT.RUN_ID.eq(waiting.runId()),
                        RUN_DOUBT.PATH.eq(waiting.path()),
                        RUN_DOUBT.ATTEMPT.eq(waiting.attempt()),
                        RUN_DOUBT.DECIDED.isNull())
                .execute();
        if (decided == 0) {
            throw new IllegalStateException("run " + waiting.runId() + " was in doubt and is not any more");
        }
        RunJournalStore.append(tx, waiting.projectId(), waiting.runId(), RunJournal.packed(record));
        showAs(tx, waiting.runId(), RunStatus.QUEUED);
        return true;
    }

    /** A call about which somebody is asked. */
    record Waiting(String runId, String projectId, String path, int attempt, String type) {}

    /** The call of this path that waits for an answer. */
    Optional<Waiting> waiting(Tx tx, String projectId, String runId, String path) {
        return tx.sql()
                .selectFrom(RUN_DOUBT)
                .where(
                        RUN_DOUBT.RUN_ID.eq(runId),
                        RUN_DOUBT.PROJECT_ID.eq(projectId),
                        RUN_DOUBT.PATH.eq(path),
                        RUN_DOUBT.CHOICE.eq(OnInDoubt.ASK.name()),
                        RUN_DOUBT.DECIDED.isNull())
                .fetchOptional(row ->
                        new Waiting(runId, projectId, path, row.get(RUN_DOUBT.ATTEMPT), row.get(RUN_DOUBT.TYPE)));
    }

    /** A run's doubts, oldest first. */
    List<Doubt> of(Tx tx, String projectId, String runId) {
        return of(tx, projectId, List.of(runId)).getOrDefault(runId, List.of());
    }

    /** The doubts of these runs, oldest first; runs that have none are left out. */
    Map<String, List<Doubt>> of(Tx tx, String projectId, List<String> runIds) {
        return tx.sql()
                .selectFrom(RUN_DOUBT)
                .where(RUN_DOUBT.RUN_ID.in(runIds), RUN_DOUBT.PROJECT_ID.eq(projectId))
                .orderBy(RUN_DOUBT.CREATED, RUN_DOUBT.PATH)
                .fetchGroups(
                        RUN_DOUBT.RUN_ID,
                        row -> new Doubt(
                                row.get(RUN_DOUBT.PATH),
                                row.get(RUN_DOUBT.ATTEMPT),
                                Doubt.key(
                                        row.get(RUN_DOUBT.RUN_ID), row.get(RUN_DOUBT.PATH), row.get(RUN_DOUBT.ATTEMPT)),
                                row.get(RUN_DOUBT.TIMES),
                                row.get(RUN_DOUBT.CHOICE),
                                row.get(RUN_DOUBT.HAPPENED),
                                row.get(RUN_DOUBT.CREATED),
                                row.get(RUN_DOUBT.DECIDED)));
    }

    /** Whether the run, named by {@code runId}, has ever been in doubt. */
    static Condition inDoubt(String projectId, org.jooq.Field<String> runId) {
        return runId.in(DSL.select(RUN_DOUBT.RUN_ID).from(RUN_DOUBT).where(RUN_DOUBT.PROJECT_ID.eq(projectId)));
    }
}
