package millrace.flow;

import static millrace.schema.Tables.TRIGGER_SOURCE;

import java.time.Instant;
import java.util.Objects;
import millrace.database.Tx;
import millrace.definition.PieceTrigger;
import millrace.nativepiece.TriggerStrategy;

/**
 * The registrations of enabled flows' triggers, at most one live one a flow, and beside them those of tests that wait
 * for an event, also one a flow at most ({@code simulate}).
 */
final class TriggerSourceStore {

    void register(
            Tx tx,
            String id,
            Flow flow,
            String versionId,
            PieceTrigger trigger,
            String triggerName,
            TriggerStrategy strategy,
            Instant now) {
        insert(tx, id, flow, versionId, trigger, triggerName, strategy, false, now);
    }

    /** Registers a test that waits for an event at the flow's address. */
    void registerListener(Tx tx, String id, Flow flow, String versionId, PieceTrigger trigger, Instant now) {
        var name = Objects.requireNonNull(trigger.triggerName());
        insert(tx, id, flow, versionId, trigger, name, TriggerStrategy.WEBHOOK, true, now);
    }

    private static void insert(
            Tx tx,
            String id,
            Flow flow,
            String versionId,
            PieceTrigger trigger,
            String triggerName,
            TriggerStrategy strategy,
            boolean simulate,
            Instant now) {
        tx.sql()
                .insertInto(TRIGGER_SOURCE)
                .set(TRIGGER_SOURCE.ID, id)
                .set(TRIGGER_SOURCE.CREATED, now)
                .set(TRIGGER_SOURCE.UPDATED, now)
                .set(TRIGGER_SOURCE.PROJECT_ID, flow.projectId())
                .set(TRIGGER_SOURCE.FLOW_ID, flow.id())
                .set(TRIGGER_SOURCE.FLOW_VERSION_ID, versionId)
                .set(TRIGGER_SOURCE.TYPE, strategy.name())
                .set(TRIGGER_SOURCE.PIECE_NAME, trigger.pieceName())
                .set(TRIGGER_SOURCE.PIECE_VERSION, trigger.pieceVersion())
                .set(TRIGGER_SOURCE.TRIGGER_NAME, triggerName)
                .set(TRIGGER_SOURCE.SIMULATE, simulate)
                .execute();
    }

    /** Marks the live registration as gone; none there is fine. */
    void unregister(Tx tx, String flowId, boolean simulate, Instant now) {
        tx.sql()
                .update(TRIGGER_SOURCE)
                .set(TRIGGER_SOURCE.DELETED, now)
                .set(TRIGGER_SOURCE.UPDATED, now)
                .where(
                        TRIGGER_SOURCE.FLOW_ID.eq(flowId),
                        TRIGGER_SOURCE.SIMULATE.eq(simulate),
                        TRIGGER_SOURCE.DELETED.isNull())
                .execute();
    }
}
