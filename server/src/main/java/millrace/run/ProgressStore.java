package millrace.run;

import static millrace.schema.Tables.RUN_JOURNAL;
import static millrace.schema.Tables.RUN_QUEUE;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.select;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import millrace.database.Tx;

/** Reads what has changed in runs, for those who follow them. */
final class ProgressStore {
    private static final int MAX_OPEN = 500;

    /** @param nextSeq behind the last of the documents */
    record Rows(List<byte[]> documents, int nextSeq) {}

    /** The newest runs of the project that have not ended, by id. Served by the queue's index of projects. */
    Map<String, RunProgress.Open> open(Tx tx, String projectId) {
        var last = field(select(max(RUN_JOURNAL.SEQ)).from(RUN_JOURNAL).where(RUN_JOURNAL.RUN_ID.eq(RUN_QUEUE.ID)));
        var open = new LinkedHashMap<String, RunProgress.Open>();
        tx.sql()
                .select(RUN_QUEUE.ID, RUN_QUEUE.STATUS, last)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.PROJECT_ID.eq(projectId))
                .orderBy(RUN_QUEUE.CREATED.desc(), RUN_QUEUE.ID.desc())
                .limit(MAX_OPEN)
                .forEach(row -> {
                    var seq = row.get(last);
                    open.put(
                            row.get(RUN_QUEUE.ID),
                            new RunProgress.Open(row.get(RUN_QUEUE.STATUS), seq == null ? 0 : seq + 1));
                });
        return open;
    }

    Rows since(Tx tx, String runId, int fromSeq) {
        var documents = new ArrayList<byte[]>();
        int next = fromSeq;
        for (var row : tx.sql()
                .select(RUN_JOURNAL.SEQ, RUN_JOURNAL.DOC)
                .from(RUN_JOURNAL)
                .where(RUN_JOURNAL.RUN_ID.eq(runId), RUN_JOURNAL.SEQ.ge(fromSeq))
                .orderBy(RUN_JOURNAL.SEQ)
                .fetch()) {
            documents.add(row.get(RUN_JOURNAL.DOC));
            next = row.get(RUN_JOURNAL.SEQ) + 1;
        }
        return new Rows(documents, next);
    }
}
