package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.RUN_QUEUE;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import millrace.database.RunFlush;
import millrace.database.Tx;
import millrace.engine.RunStatus;
import org.jooq.Condition;
import org.jspecify.annotations.Nullable;

/** The mark on queue rows that keeps everybody from claiming them. Work of the server: it spans all tenants. */
final class HeldRunStore {
    private static final String PAUSED = RunStatus.PAUSED.name();

    record Row(
            String id,
            String projectId,
            String flowId,
            RunStatus status,
            @Nullable Instant dueAt) {}

    int hold(Tx tx) {
        return tx.sql().update(RUN_QUEUE).set(RUN_QUEUE.HELD, true).execute();
    }

    int release(Tx tx) {
        return tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.HELD, false)
                .where(RUN_QUEUE.HELD.isTrue())
                .execute();
    }

    boolean has(Tx tx, RunFlush flush) {
        var id = flush.runId();
        var ended = FLOW_RUN.ID.eq(id);
        if (flush.journal() != null) {
            var record = RUN_JOURNAL
                    .RUN_ID
                    .eq(id)
                    .and(RUN_JOURNAL.SEQ.eq(flush.journal().seq()));
            return tx.sql().fetchExists(RUN_JOURNAL, record)
                    || tx.sql().fetchExists(FLOW_RUN, ended.and(FLOW_RUN.JOURNAL.isNotNull()));
        }
        return tx.sql().fetchExists(FLOW_RUN, ended)
                || (flush.run() == null && tx.sql().fetchExists(RUN_QUEUE, RUN_QUEUE.ID.eq(id)));
    }

    HeldCounts counts(Tx tx) {
        return new HeldCounts(
                count(tx, RUN_QUEUE.HELD.isTrue()),
                count(tx, RUN_QUEUE.STATUS.ne(PAUSED)),
                count(tx, paused().and(RUN_QUEUE.DUE_AT.le(tx.dialect().now()))),
                count(tx, paused().and(RUN_QUEUE.DUE_AT.gt(tx.dialect().now()))),
                count(tx, paused().and(RUN_QUEUE.DUE_AT.isNull())));
    }

    private static Condition paused() {
        return RUN_QUEUE.STATUS.eq(PAUSED);
    }

    private static int count(Tx tx, Condition which) {
        return tx.sql().fetchCount(RUN_QUEUE, RUN_QUEUE.HELD.isTrue().and(which));
    }

    List<Row> list(Tx tx, int limit) {
        return tx.sql()
                .select(RUN_QUEUE.ID, RUN_QUEUE.PROJECT_ID, RUN_QUEUE.FLOW_ID, RUN_QUEUE.STATUS, RUN_QUEUE.DUE_AT)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.HELD.isTrue())
                .orderBy(RUN_QUEUE.CREATED, RUN_QUEUE.ID)
                .limit(limit)
                .fetch(row -> new Row(
                        row.value1(), row.value2(), row.value3(), RunStatus.valueOf(row.value4()), row.value5()));
    }

    /**
     * Those that are to be ended, at most so many.
     *
     * @param all or only what was in flight and what has been due
     */
    List<String> toEnd(Tx tx, boolean all, int limit) {
        var which = all
                ? RUN_QUEUE.HELD.isTrue()
                : RUN_QUEUE
                        .HELD
                        .isTrue()
                        .and(RUN_QUEUE
                                .STATUS
                                .ne(PAUSED)
                                .or(RUN_QUEUE.DUE_AT.le(tx.dialect().now())));
        return tx.sql()
                .select(RUN_QUEUE.ID)
                .from(RUN_QUEUE)
                .where(which)
                .orderBy(RUN_QUEUE.CREATED, RUN_QUEUE.ID)
                .limit(limit)
                .fetch(RUN_QUEUE.ID);
    }

    /** The run that waits for this one, if it is held too. */
    Optional<String> heldParent(Tx tx, String runId) {
        var child = RUN_QUEUE.as("child");
        return tx.sql()
                .select(RUN_QUEUE.ID)
                .from(RUN_QUEUE)
                .join(child)
                .on(child.PARENT_RUN_ID.eq(RUN_QUEUE.ID), child.PARENT_WAITPOINT_ID.isNotNull())
                .where(child.ID.eq(runId), RUN_QUEUE.HELD.isTrue())
                .fetchOptional(RUN_QUEUE.ID);
    }
}
