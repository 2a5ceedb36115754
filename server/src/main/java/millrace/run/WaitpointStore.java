package millrace.run;

import static millrace.schema.Tables.FLOW_RUN;
import static millrace.schema.Tables.RUN_QUEUE;
import static millrace.schema.Tables.WAITPOINT;
import static org.jooq.impl.DSL.val;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import millrace.database.Tx;
import millrace.engine.Json;
import millrace.engine.RunStatus;
import org.jspecify.annotations.Nullable;

/**
 * The waitpoints of runs, and how their completion wakes a run. Who completes one locks the run's queue row first: the
 * flush that pauses the run meets it there, whichever comes first.
 */
final class WaitpointStore {
    private static final String PENDING = "PENDING";
    private static final String COMPLETED = "COMPLETED";

    /**
     * A run as a resume call sees it.
     *
     * @param open the waitpoint that the call would complete; null when there is none
     */
    record Target(
            String projectId, RunStatus status, @Nullable String open) {}

    /** @param payload null when the time came and nobody answered */
    record Settled(@Nullable JsonNode payload) {}

    /** Opens a waitpoint of a run whose queue row is locked; answers the id of the one that the step has. */
    String open(Tx tx, String id, NewWaitpoint wanted) {
        tx.sql()
                .insertInto(WAITPOINT)
                .set(WAITPOINT.ID, id)
                .set(WAITPOINT.FLOW_RUN_ID, wanted.flowRunId())
                .set(WAITPOINT.PROJECT_ID, wanted.projectId())
                .set(WAITPOINT.STEP_NAME, wanted.stepName())
                .set(WAITPOINT.TYPE, wanted.type().name())
                .set(WAITPOINT.STATUS, PENDING)
                .set(WAITPOINT.VERSION, (wanted.version() == null ? NewWaitpoint.Version.V1 : wanted.version()).name())
                .set(WAITPOINT.RESUME_DATE_TIME, wanted.resumeDateTime())
                .set(WAITPOINT.RESPONSE_TO_SEND, wanted.responseToSend())
                .set(WAITPOINT.WORKER_HANDLER_ID, wanted.workerHandlerId())
                .set(WAITPOINT.HTTP_REQUEST_ID, wanted.httpRequestId())
                .onConflictDoNothing()
                .execute();
        return tx.sql()
                .select(WAITPOINT.ID)
                .from(WAITPOINT)
                .where(WAITPOINT.FLOW_RUN_ID.eq(wanted.flowRunId()), WAITPOINT.STEP_NAME.eq(wanted.stepName()))
                .fetchSingle(WAITPOINT.ID);
    }

    /**
     * Looks without locking.
     *
     * @param waitpointId null for whichever waits
     */
    Optional<Target> find(Tx tx, String runId, @Nullable String waitpointId) {
        var queued = tx.sql()
                .select(RUN_QUEUE.PROJECT_ID, RUN_QUEUE.STATUS, RUN_QUEUE.WAITPOINT_ID)
                .from(RUN_QUEUE)
                .where(RUN_QUEUE.ID.eq(runId))
                .fetchOptional(row -> target(
                        tx,
                        runId,
                        waitpointId,
                        row.get(RUN_QUEUE.PROJECT_ID),
                        row.get(RUN_QUEUE.STATUS),
                        row.get(RUN_QUEUE.WAITPOINT_ID)));
        return queued.or(() -> tx.sql()
                .select(FLOW_RUN.PROJECT_ID, FLOW_RUN.STATUS)
                .from(FLOW_RUN)
                .where(FLOW_RUN.ID.eq(runId))
                .fetchOptional(row ->
                        new Target(row.get(FLOW_RUN.PROJECT_ID), RunStatus.valueOf(row.get(FLOW_RUN.STATUS)), null)));
    }

    /**
     * Completes the waitpoint and wakes the run if it waits there; a run that does not wait yet will not wait long. A
     * waitpoint with several links takes an answer of each and is completed by the last that is needed.
     *
     * @param waitpointId null for whichever waits
     * @param replyTo the process whose caller waits for the run's answer; null leaves it as it is
     * @return false when there is nothing to complete: nothing was changed
     */
    boolean complete(Tx tx, String runId, @Nullable String waitpointId, JsonNode payload, @Nullable String replyTo) {
        var run = tx.dialect()
                .forUpdate(tx.sql()
                        .select(RUN_QUEUE.PROJECT_ID, RUN_QUEUE.STATUS, RUN_QUEUE.WAITPOINT_ID)
                        .from(RUN_QUEUE)
                        .where(RUN_QUEUE.ID.eq(runId)))
                .fetchOne();
        if (run == null) {
            return false;
        }
        var target = target(
                tx,
                runId,
                waitpointId,
                run.get(RUN_QUEUE.PROJECT_ID),
                run.get(RUN_QUEUE.STATUS),
                run.get(RUN_QUEUE.WAITPOINT_ID));
        if (target.open() == null) {
            return false;
        }
        switch (answer(tx, runId, target.open(), payload)) {
            case REFUSED -> {
                return false;
            }
            case MORE_NEEDED -> {
                return true;
            }
            case ENOUGH -> {}
        }
        if (waitpointId == null) {
            forgetLinks(tx, runId);
        }
        if (target.status() != RunStatus.PAUSED || !target.open().equals(run.get(RUN_QUEUE.WAITPOINT_ID))) {
            tx.sql()
                    .update(RUN_QUEUE)
                    .set(RUN_QUEUE.WOKEN, true)
                    .where(RUN_QUEUE.ID.eq(runId))
                    .execute();
            return true;
        }
        tx.sql()
                .update(RUN_QUEUE)
                .set(RUN_QUEUE.STATUS, RunStatus.QUEUED.name())
                .setNull(RUN_QUEUE.DUE_AT)
                .set(RUN_QUEUE.REPLY_TO, replyTo == null ? RUN_QUEUE.REPLY_TO : val(replyTo))
                .where(RUN_QUEUE.ID.eq(runId))
                .execute();
        tx.sql()
                .update(FLOW_RUN)
                .set(FLOW_RUN.STATUS, RunStatus.QUEUED.name())
                .where(FLOW_RUN.ID.eq(runId), FLOW_RUN.STATUS.eq(RunStatus.PAUSED.name()))
                .execute();
        return true;
    }

    /**
     * Ends the wait of a run that this process has claimed, if it is over: its waitpoint or a link of the run was
     * answered, or its time has come. After that nobody can answer the waitpoint.
     */
    Optional<Settled> settle(Tx tx, String runId, String waitpointId, boolean due) {
        var row = tx.dialect()
                .forUpdate(tx.sql()
                        .select(WAITPOINT.STATUS, WAITPOINT.RESUME_PAYLOAD)
                        .from(WAITPOINT)
                        .where(WAITPOINT.ID.eq(waitpointId), WAITPOINT.FLOW_RUN_ID.eq(runId)))
                .fetchOne();
        if (row != null && row.get(WAITPOINT.STATUS).equals(COMPLETED)) {
            return Optional.of(new Settled(row.get(WAITPOINT.RESUME_PAYLOAD)));
        }
        var answered = row == null ? null : answeredLink(tx, runId);
        if (answered == null && !due) {
            return Optional.empty();
        }
        close(tx, runId, waitpointId, answered);
        return Optional.of(new Settled(answered));
    }

    /** The caller that waited for the run's answer has gone: any process may take the run. */
    void forgetCaller(Tx tx, String runId, String processId) {
        tx.sql()
                .update(RUN_QUEUE)
                .setNull(RUN_QUEUE.REPLY_TO)
                .where(RUN_QUEUE.ID.eq(runId), RUN_QUEUE.REPLY_TO.eq(processId))
                .execute();
    }

    private static Target target(
            Tx tx,
            String runId,
            @Nullable String waitpointId,
            String projectId,
            String queueStatus,
            @Nullable String waitsAt) {
        // A run that only waits to try a step again is shown as running.
        var status = queueStatus.equals(RunStatus.PAUSED.name()) && waitsAt == null
                ? RunStatus.RUNNING
                : RunStatus.valueOf(queueStatus);
        var wanted = waitpointId;
        if (wanted == null && status == RunStatus.PAUSED) {
            wanted = waitsAt;
        }
        var open = wanted == null ? pendingLink(tx, runId) : pending(tx, runId, wanted) ? wanted : null;
        return new Target(projectId, status, open);
    }

    private static boolean pending(Tx tx, String runId, String waitpointId) {
        return tx.sql()
                .fetchExists(
                        WAITPOINT,
                        WAITPOINT
                                .ID
                                .eq(waitpointId)
                                .and(WAITPOINT.FLOW_RUN_ID.eq(runId))
                                .and(WAITPOINT.STATUS.eq(PENDING)));
    }

    private static @Nullable String pendingLink(Tx tx, String runId) {
        return tx.sql()
                .select(WAITPOINT.ID)
                .from(WAITPOINT)
                .where(WAITPOINT.FLOW_RUN_ID.eq(runId), WAITPOINT.VERSION.eq("V0"), WAITPOINT.STATUS.eq(PENDING))
                .orderBy(WAITPOINT.CREATED, WAITPOINT.ID)
                .limit(1)
                .fetchOne(WAITPOINT.ID);
    }

    /** Whether somebody has answered the run: one that is retried looks, where it waits next, whether that is there. */
    static boolean answered(Tx tx, String runId) {
        return tx.sql().fetchExists(WAITPOINT, WAITPOINT.FLOW_RUN_ID.eq(runId).and(WAITPOINT.STATUS.eq(COMPLETED)));
    }

    /** The answer to a link that came before a step waited; it is used once. */
    private static @Nullable JsonNode answeredLink(Tx tx, String runId) {
        var row = tx.sql()
                .select(WAITPOINT.ID, WAITPOINT.RESUME_PAYLOAD)
                .from(WAITPOINT)
                .where(WAITPOINT.FLOW_RUN_ID.eq(runId), WAITPOINT.VERSION.eq("V0"), WAITPOINT.STATUS.eq(COMPLETED))
                .orderBy(WAITPOINT.UPDATED, WAITPOINT.ID)
                .limit(1)
                .fetchOne();
        if (row == null) {
            return null;
        }
        tx.sql()
                .deleteFrom(WAITPOINT)
                .where(WAITPOINT.ID.eq(row.get(WAITPOINT.ID)))
                .execute();
        return row.get(WAITPOINT.RESUME_PAYLOAD);
    }

    /** Whoever decides decides once: the links of a run are used up by one answer. */
    private static void forgetLinks(Tx tx, String runId) {
        tx.sql()
                .deleteFrom(WAITPOINT)
                .where(WAITPOINT.FLOW_RUN_ID.eq(runId), WAITPOINT.VERSION.eq("V0"), WAITPOINT.STATUS.eq(PENDING))
                .execute();
    }

    private enum Answer {
        REFUSED,
        MORE_NEEDED,
        ENOUGH
    }

    /** Takes one answer. The run's queue row is locked, so answers come one after the other. */
    private static Answer answer(Tx tx, String runId, String waitpointId, JsonNode payload) {
        var row = tx.sql()
                .select(WAITPOINT.POLICY, WAITPOINT.RESUME_PAYLOAD)
                .from(WAITPOINT)
                .where(WAITPOINT.ID.eq(waitpointId), WAITPOINT.FLOW_RUN_ID.eq(runId), WAITPOINT.STATUS.eq(PENDING))
                .fetchOne();
        var policy = row == null ? null : row.get(WAITPOINT.POLICY);
        if (row == null || policy == null) {
            return row != null && close(tx, runId, waitpointId, payload) ? Answer.ENOUGH : Answer.REFUSED;
        }
        var answers = row.get(WAITPOINT.RESUME_PAYLOAD) instanceof ArrayNode before ? before : Json.array();
        var link = link(policy, payload);
        if (link == 0 || answered(answers, link)) {
            return Answer.REFUSED;
        }
        answers.add(Json.object().put("link", link).setAll((ObjectNode) payload));
        if (answers.size() >= policy.path("needed").asInt()) {
            return close(tx, runId, waitpointId, answers) ? Answer.ENOUGH : Answer.REFUSED;
        }
        tx.sql()
                .update(WAITPOINT)
                .set(WAITPOINT.RESUME_PAYLOAD, (JsonNode) answers)
                .where(WAITPOINT.ID.eq(waitpointId))
                .execute();
        return Answer.MORE_NEEDED;
    }

    /** Which of the waitpoint's links was used, from 1; 0 for none of them. */
    private static int link(JsonNode policy, JsonNode payload) {
        var secret = payload.path("queryParams").path("link").asText();
        var links = policy.path("links");
        for (int i = 0; i < links.size(); i++) {
            if (links.get(i).asText().equals(secret)) {
                return i + 1;
            }
        }
        return 0;
    }

    private static boolean answered(ArrayNode answers, int link) {
        for (var answer : answers) {
            if (answer.path("link").asInt() == link) {
                return true;
            }
        }
        return false;
    }

    private static boolean close(Tx tx, String runId, String waitpointId, @Nullable JsonNode payload) {
        return tx.sql()
                        .update(WAITPOINT)
                        .set(WAITPOINT.STATUS, COMPLETED)
                        .set(WAITPOINT.RESUME_PAYLOAD, payload)
                        .where(
                                WAITPOINT.ID.eq(waitpointId),
                                WAITPOINT.FLOW_RUN_ID.eq(runId),
                                WAITPOINT.STATUS.eq(PENDING))
                        .execute()
                == 1;
    }
}
