package millrace.run;

import static millrace.schema.Tables.PROCESS;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.RUN_QUEUE;
import static org.jooq.impl.DSL.select;

import java.util.HashSet;
import java.util.Set;
import millrace.database.Tx;
import millrace.engine.RunEnvironment;

/** What a project may and does execute at once. */
final class LimitStore {
    /** The production runs of the project that a process executes. Served by the index of owners, which are few. */
    Set<String> running(Tx tx, String projectId) {
        return new HashSet<>(tx.sql()
                .select(RUN_QUEUE.ID)
                .from(RUN_QUEUE)
                .where(
                        RUN_QUEUE.PROCESS_ID.in(select(PROCESS.ID).from(PROCESS)),
                        RUN_QUEUE.ENVIRONMENT.eq(RunEnvironment.PRODUCTION.name()),
                        RUN_QUEUE.PROJECT_ID.eq(projectId))
                .fetch(RUN_QUEUE.ID));
    }

    int limit(Tx tx, String projectId, int standard) {
        var own = tx.sql()
                .select(PROJECT.MAX_CONCURRENT_JOBS)
                .from(PROJECT)
                .where(PROJECT.ID.eq(projectId))
                .fetchOne(PROJECT.MAX_CONCURRENT_JOBS);
        return own == null ? standard : own;
    }
}
