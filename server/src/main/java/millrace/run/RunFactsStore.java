package millrace.run;

import static millrace.database.Tenancy.within;
import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.PROCESS;
import static millrace.schema.Tables.RUN_DOUBT;
import static millrace.schema.Tables.RUN_QUEUE;
import static org.jooq.impl.DSL.row;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Tx;
import millrace.definition.OnInDoubt;
import millrace.engine.RunStatus;
import millrace.schema.tables.records.RunQueueRow;
import org.jspecify.annotations.Nullable;

/** Gathers what the tables say about one run. */
final class RunFactsStore {
    Optional<RunFacts> find(Tx tx, Scope scope, String runId) {
        var queued = tx.sql()
                .selectFrom(RUN_QUEUE)
                .where(RUN_QUEUE.ID.eq(runId), within(scope, RUN_QUEUE.PROJECT_ID))
                .fetchOne();
        return queued == null ? ended(tx, scope, runId) : Optional.of(open(tx, queued));
    }

    private static Optional<RunFacts> ended(Tx tx, Scope scope, String runId) {
        return tx.sql()
                .select(FLOW_RUN.PROJECT_ID, FLOW_RUN.STATUS, FLOW_RUN.FAILED_STEP, FLOW_RUN.JOURNAL)
                .from(FLOW_RUN)
                .where(FLOW_RUN.ID.eq(runId), within(scope, FLOW_RUN.PROJECT_ID))
                .fetchOptional(run -> {
                    var failed = run.get(FLOW_RUN.FAILED_STEP);
                    return new RunFacts(
                            runId,
                            run.get(FLOW_RUN.PROJECT_ID),
                            RunStatus.valueOf(run.get(FLOW_RUN.STATUS)),
                            failed == null ? null : failed.path("name").textValue(),
                            failed == null ? null : failed.path("message").textValue(),
                            false,
                            false,
                            false,
                            0,
                            null,
                            null,
                            null,
                            0,
                            0,
                            0,
                            0,
                            RunStatus.FAILED.name().equals(run.get(FLOW_RUN.STATUS))
                                    ? RunStore.documents(tx, runId, run.get(FLOW_RUN.JOURNAL))
                                    : List.of());
                });
    }

    private static RunFacts open(Tx tx, RunQueueRow run) {
        var owner = run.getProcessId() == null ? null : owner(tx, run.getProcessId());
        var documents = RunStore.documents(tx, run.getId(), null);
        return new RunFacts(
                run.getId(),
                run.getProjectId(),
                RunStatus.valueOf(run.getStatus()),
                null,
                null,
                run.getCancelAsked(),
                run.getHeld(),
                asks(tx, run),
                run.getTakeovers(),
                run.getDueAt(),
                owner == null ? null : owner.name(),
                owner == null ? null : owner.silence(),
                tx.sql().fetchCount(PROCESS),
                tx.sql().fetchCount(RUN_QUEUE, RUN_QUEUE.PROCESS_ID.isNotNull()),
                tx.sql()
                        .fetchCount(
                                RUN_QUEUE,
                                RUN_QUEUE.PROCESS_ID.isNotNull().and(RUN_QUEUE.PROJECT_ID.eq(run.getProjectId()))),
                ahead(tx, run),
                documents.isEmpty() && run.getDoc() != null ? List.of(run.getDoc()) : documents);
    }

    private record Owner(String name, Duration silence) {}

    private static @Nullable Owner owner(Tx tx, String processId) {
        var now = tx.dialect().now();
        return tx.sql()
                .select(PROCESS.NAME, PROCESS.HEARTBEAT, now)
                .from(PROCESS)
                .where(PROCESS.ID.eq(processId))
                .fetchOne(found ->
                        new Owner(found.get(PROCESS.NAME), since(found.get(PROCESS.HEARTBEAT), found.get(now))));
    }

    private static Duration since(Instant heartbeat, Instant now) {
        var silence = Duration.between(heartbeat, now);
        return silence.isNegative() ? Duration.ZERO : silence;
    }

    private static boolean asks(Tx tx, RunQueueRow run) {
        return tx.sql()
                .fetchExists(
                        RUN_DOUBT,
                        RUN_DOUBT
                                .RUN_ID
                                .eq(run.getId())
                                .and(RUN_DOUBT.CHOICE.eq(OnInDoubt.ASK.name()))
                                .and(RUN_DOUBT.HAPPENED.isNull()));
    }

    /** Served by the index of the runs that may start. */
    private static int ahead(Tx tx, RunQueueRow run) {
        return tx.sql()
                .fetchCount(
                        RUN_QUEUE,
                        RUN_QUEUE
                                .STATUS
                                .eq(RunStatus.QUEUED.name())
                                .and(RUN_QUEUE.PROCESS_ID.isNull())
                                .and(row(RUN_QUEUE.PRIORITY, RUN_QUEUE.CREATED)
                                        .lessThan(run.getPriority(), run.getCreated())));
    }
}
