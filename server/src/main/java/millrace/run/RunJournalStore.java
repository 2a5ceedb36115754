package millrace.run;

import static millrace.schema.Tables.RUN_JOURNAL;

import millrace.database.Tx;
import org.jooq.impl.DSL;

/** What is added to the journal of a run that no process has in memory; its row must be locked. */
final class RunJournalStore {
    private RunJournalStore() {}

    /** @param document packed records, after all that the run has written */
    static void append(Tx tx, String projectId, String runId, byte[] document) {
        var last = tx.sql()
                .select(DSL.max(RUN_JOURNAL.SEQ))
                .from(RUN_JOURNAL)
                .where(RUN_JOURNAL.RUN_ID.eq(runId))
                .fetchOne(0, Integer.class);
        tx.sql()
                .insertInto(RUN_JOURNAL)
                .set(RUN_JOURNAL.RUN_ID, runId)
                .set(RUN_JOURNAL.SEQ, last == null ? 0 : last + 1)
                .set(RUN_JOURNAL.PROJECT_ID, projectId)
                .set(RUN_JOURNAL.DOC, document)
                .execute();
    }
}
