package millrace.run;

import static millrace.schema.Tables.RUN_DOUBT;

import java.util.List;
import millrace.database.Tx;
import millrace.definition.OnInDoubt;
import org.jooq.Condition;
import org.jooq.impl.DSL;

/** Calls that may have happened: noted before anything is done about them, and listed ever after. */
final class DoubtStore {

    /** Notes a doubt; the same call may be in doubt again after the next crash. */
    void note(Tx tx, String projectId, String runId, String path, int attempt, OnInDoubt choice) {
        tx.sql()
                .insertInto(RUN_DOUBT)
                .set(RUN_DOUBT.RUN_ID, runId)
                .set(RUN_DOUBT.PATH, path)
                .set(RUN_DOUBT.ATTEMPT, attempt)
                .set(RUN_DOUBT.PROJECT_ID, projectId)
                .set(RUN_DOUBT.CHOICE, choice.name())
                .onConflict(RUN_DOUBT.RUN_ID, RUN_DOUBT.PATH, RUN_DOUBT.ATTEMPT)
                .doUpdate()
                .set(RUN_DOUBT.TIMES, RUN_DOUBT.TIMES.plus(1))
                .execute();
    }

    /** A run's doubts, oldest first. */
    List<Doubt> of(Tx tx, String projectId, String runId) {
        return tx.sql()
                .selectFrom(RUN_DOUBT)
                .where(RUN_DOUBT.RUN_ID.eq(runId), RUN_DOUBT.PROJECT_ID.eq(projectId))
                .orderBy(RUN_DOUBT.CREATED, RUN_DOUBT.PATH)
                .fetch(row -> new Doubt(
                        row.get(RUN_DOUBT.PATH),
                        row.get(RUN_DOUBT.ATTEMPT),
                        Doubt.key(runId, row.get(RUN_DOUBT.PATH), row.get(RUN_DOUBT.ATTEMPT)),
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
