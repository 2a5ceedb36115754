package millrace.run;

import static millrace.schema.Tables.RUN_BLOB;
import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.RUN_QUEUE;

import millrace.database.Tx;
import millrace.engine.RunStatus;
import millrace.journal.JournalCopy;
import millrace.journal.RunHeader;

/** Accepts a run together with what it has done already. */
final class RunForkStore {
    private RunForkStore() {}

    /** @param began the packed first record, which the copy begins with too */
    static void insert(Tx tx, RunHeader run, byte[] began, JournalCopy copy) {
        tx.sql()
                .insertInto(RUN_QUEUE)
                .set(RUN_QUEUE.ID, run.runId())
                .set(RUN_QUEUE.CREATED, run.created())
                .set(RUN_QUEUE.PROJECT_ID, run.projectId())
                .set(RUN_QUEUE.FLOW_ID, run.flowId())
                .set(RUN_QUEUE.FLOW_VERSION_ID, run.flowVersionId())
                .set(RUN_QUEUE.ENVIRONMENT, run.environment())
                .set(RUN_QUEUE.STATUS, RunStatus.QUEUED.name())
                .set(RUN_QUEUE.PRIORITY, run.priority())
                .set(RUN_QUEUE.STEP_NAME_TO_TEST, run.stepNameToTest())
                .set(RUN_QUEUE.DOC, began)
                .execute();
        for (var seq = 0; seq < copy.documents().size(); seq++) {
            tx.sql()
                    .insertInto(RUN_JOURNAL)
                    .set(RUN_JOURNAL.RUN_ID, run.runId())
                    .set(RUN_JOURNAL.SEQ, seq)
                    .set(RUN_JOURNAL.PROJECT_ID, run.projectId())
                    .set(RUN_JOURNAL.DOC, copy.documents().get(seq))
                    .execute();
        }
        for (var blob : copy.blobs()) {
            tx.sql()
                    .insertInto(RUN_BLOB)
                    .set(RUN_BLOB.RUN_ID, run.runId())
                    .set(RUN_BLOB.PATH, blob.path())
                    .set(RUN_BLOB.PART, blob.part())
                    .set(RUN_BLOB.PROJECT_ID, run.projectId())
                    .set(RUN_BLOB.DATA, blob.data())
                    .onConflictDoNothing()
                    .execute();
        }
    }
}
