package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.markdown;
import static millrace.nativepiece.Property.number;
import static millrace.nativepiece.Property.shortText;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;

/** Lets a person decide how a run goes on: {@code @activepieces/piece-approval} (reference/core-pieces §12). */
final class ApprovalPiece {
    private static final int MAX_LINKS = 100;

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
            // Not in the reference.
            .action(pure("create_links", "Create Links for Several People")
                    .described("Creates links of which each counts once, for a step that waits for some of them")
                    .errorHandlingHidden()
                    .prop(number("links").displayed("Number of Links").required())
                    .prop(number("needed").displayed("Answers Needed").required())
                    .runs(ApprovalPiece::manyLinks))
            .action(pure("wait_for_links", "Wait for Several People")
                    .described("Pauses the flow until enough of the links were opened")
                    .errorHandlingHidden()
                    .prop(shortText("waitpointId")
                            .displayed("Waitpoint")
                            .described("The output waitpointId of the step that created the links.")
                            .required())
                    .runs(ApprovalPiece::waitForMany))
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

    private static StepResult manyLinks(Input in, ActionCall call) {
        var links = whole(in, "links", MAX_LINKS);
        var needed = whole(in, "needed", links);
        var waitpoint = call.run().newWaitpoint();
        var secrets = Stream.generate(call.run()::secret).limit(links).toList();
        var output = Json.object().put("waitpointId", waitpoint.id());
        var urls = output.putArray("links");
        secrets.forEach(secret -> urls.add(waitpoint.url() + "?link=" + secret));
        return new StepResult.Succeeded(
                output, null, false, List.of(new Effect.OpenWaitpoint(waitpoint.id(), secrets, needed)));
    }

    private static int whole(Input in, String name, int atMost) {
        var value = in.number(name);
        if (value != Math.rint(value) || value < 1 || value > atMost) {
            throw PieceFailure.ofField(name, "must be a whole number from 1 to " + atMost);
        }
        return (int) value;
    }

    private static StepResult waitForMany(Input in, ActionCall call) {
        var resumed = call.run().resumed();
        if (resumed == null) {
            var waitpoint = Objects.requireNonNull(in.text("waitpointId"));
            return new StepResult.Paused(waitpoint, true, null, null, null, List.of());
        }
        var output = Json.object();
        output.set("answers", Objects.requireNonNullElse(resumed.payload(), Json.array()));
        return new StepResult.Succeeded(output);
    }

    /** The links reach whichever step waits, so that a step after this one can be the one that waits. */
    private static StepResult links(ActionCall call) {
        var waitpoint = call.run().newWaitpoint();
        var output = Json.object()
                .put("approvalLink", waitpoint.anyUrl() + "?action=approve")
                .put("disapprovalLink", waitpoint.anyUrl() + "?action=disapprove");
        return new StepResult.Succeeded(
                output, null, false, List.of(new Effect.OpenWaitpoint(waitpoint.id(), List.of(), 1)));
    }
}
