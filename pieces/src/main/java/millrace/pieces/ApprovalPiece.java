package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.markdown;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Objects;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.Piece;

/** Lets a person decide how a run goes on: {@code @activepieces/piece-approval} (reference/core-pieces §12). */
final class ApprovalPiece {
    static final Piece APPROVAL = piece("@activepieces/piece-approval", "Approval")
            .described("Build approval process in your workflows")
            .version("0.1.8")
            .category("CORE")
            .action(pure("wait_for_approval", "Wait for Approval")
                    .described("Pauses the flow and wait for the approval from the user")
                    .errorHandlingHidden()
                    .prop(markdown(
                            "markdown", "Create the links in a step before this one and send them to whom decides."))
                    .runs((in, call) -> wait(call)))
            .action(pure("create_approval_links", "Create Approval Links")
                    .described("Create links only without pausing the flow, use wait for approval to pause")
                    .errorHandlingHidden()
                    .prop(markdown("markdown", "Use these links before *Wait for Approval*."))
                    .runs((in, call) -> links(call)))
            .build();

    private ApprovalPiece() {}

    private static StepResult wait(ActionCall call) {
        var resumed = call.run().resumed();
        if (resumed == null) {
            return new StepResult.Paused(call.run().newWaitpoint().id(), null, null, null, List.of());
        }
        var payload = Objects.requireNonNullElse(resumed.payload(), MissingNode.getInstance());
        var approved = payload.path("queryParams").path("action").asText().equals("approve");
        return new StepResult.Succeeded(Json.object().put("approved", approved));
    }

    /** The links reach whichever step waits, so that a step after this one can be the one that waits. */
    private static StepResult links(ActionCall call) {
        var waitpoint = call.run().newWaitpoint();
        var output = Json.object()
                .put("approvalLink", waitpoint.anyUrl() + "?action=approve")
                .put("disapprovalLink", waitpoint.anyUrl() + "?action=disapprove");
        return new StepResult.Succeeded(output, null, false, List.of(new Effect.OpenWaitpoint(waitpoint.id())));
    }
}
