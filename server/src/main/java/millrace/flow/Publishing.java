package millrace.flow;

import java.time.Instant;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.definition.FlowVersion;
import millrace.definition.PieceCatalogue;
import millrace.definition.PieceTrigger;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.nativepiece.TriggerStrategy;

/** The rules of putting a version into production, and the registration of its trigger (engine-semantics §10). */
final class Publishing {
    private final TriggerSourceStore triggers;
    private final PieceCatalogue catalogue;
    private final Ids ids;

    Publishing(TriggerSourceStore triggers, PieceCatalogue catalogue, Ids ids) {
        this.triggers = triggers;
        this.catalogue = catalogue;
        this.ids = ids;
    }

    /** @throws MillraceException FLOW_OPERATION_INVALID when a step is not ready */
    void requirePublishable(FlowVersion version) {
        if (!version.valid()) {
            throw MillraceException.of(
                    ErrorCode.FLOW_OPERATION_INVALID,
                    "The flow can't be published: its trigger or one of its steps is not complete");
        }
    }

    /** Replaces the flow's registration by what its status and this version ask for. */
    void register(Tx tx, Flow flow, FlowVersion version, Instant now) {
        triggers.unregister(tx, flow.id(), false, now);
        if (flow.enabled() && version.trigger() instanceof PieceTrigger trigger) {
            String name = trigger.triggerName();
            if (name != null) {
                triggers.register(tx, ids.random(), flow, version.id(), trigger, name, strategy(trigger, name), now);
            }
        }
    }

    private TriggerStrategy strategy(PieceTrigger trigger, String name) {
        return catalogue
                .findStrategy(trigger.pieceName(), trigger.pieceVersion(), name)
                .orElseThrow(() -> MillraceException.of(
                        ErrorCode.FLOW_OPERATION_INVALID,
                        "The trigger " + name + " of " + trigger.pieceName() + " is not installed"));
    }
}
