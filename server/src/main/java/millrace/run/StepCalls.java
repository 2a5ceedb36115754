package millrace.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import millrace.database.RunFlush;
import millrace.engine.Command;
import millrace.engine.Effect;
import millrace.engine.Event;
import millrace.engine.JournalRecord;
import millrace.engine.Json;
import millrace.engine.StepError;
import millrace.engine.StepResult;
import millrace.journal.RunHeader;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.HttpSender;
import millrace.nativepiece.Piece;
import millrace.piece.CodeCall;
import millrace.piece.HostFailure;
import millrace.piece.HostPool;

/** Calls as a server makes them: JavaScript in Node hosts, native pieces in this process. */
public final class StepCalls implements Calls {
    /** Room for a value of the greatest depth from outside within what a piece puts around it. */
    static final int MAX_OUTPUT_DEPTH = 2 * Json.MAX_DEPTH;

    private final HostPool hosts;
    private final Function<String, Optional<Piece>> pieces;
    private final HttpSender http;
    private final RunPlaces places;
    private final CallSigner signer;
    private final StepChanges changes;

    /**
     * @param pieces finds a native piece by its npm name
     * @param signer says who calls when a step calls a webhook of this server
     */
    public StepCalls(
            HostPool hosts,
            Function<String, Optional<Piece>> pieces,
            HttpSender http,
            RunPlaces places,
            CallSigner signer,
            StepChanges changes) {
        this.hosts = hosts;
        this.pieces = pieces;
        this.http = http;
        this.places = places;
        this.signer = signer;
        this.changes = changes;
    }

    @Override
    public Event evaluate(String projectId, List<String> sources, ObjectNode state, Duration timeout) {
        try {
            return new Event.Evaluated(hosts.evaluate(projectId, sources, state, timeout));
        } catch (HostFailure failure) {
            return new Event.EvaluationFailed(failure.result());
        }
    }

    @Override
    public StepResult code(
            RunHeader run, JournalRecord.Began began, String contextKey, Command.CallCode call, Duration timeout) {
        var step = call.step();
        return hosts.runCode(new CodeCall(
                run.projectId(),
                contextKey + "/" + step.name(),
                step.source(),
                step.packageJson(),
                call.input(),
                call.effectful() ? signer.header(run.projectId(), caller(run, began)) : null,
                timeout));
    }

    @Override
    public StepResult piece(
            RunHeader run, JournalRecord.Began began, Command.CallPiece call, String idempotencyKey, Duration timeout) {
        var step = call.step();
        var piece = pieces.apply(step.pieceName()).orElse(null);
        if (piece == null) {
            return missing("The piece " + step.pieceName() + " is not available on this server.");
        }
        var action = piece.action(step.actionName());
        if (action == null) {
            return missing("The piece " + step.pieceName() + " has no action " + step.actionName() + ".");
        }
        return kept(action.run(new ActionCall(
                call.input(),
                idempotencyKey,
                signer.signing(http, run.projectId(), caller(run, began)),
                timeout,
                places.of(run, began, call.resumed()))));
    }

    private static CallSigner.Caller caller(RunHeader run, JournalRecord.Began began) {
        return new CallSigner.Caller(run.runId(), RunPlaces.callers(run, began));
    }

    @Override
    public JsonNode change(String projectId, Effect.Change change, RunFlush.Rows rows) {
        return changes.make(projectId, change, rows);
    }

    /** A step that wraps the output of the one before must not make values so deep that nothing can write them. */
    private static StepResult kept(StepResult result) {
        return result instanceof StepResult.Succeeded succeeded && Json.deeperThan(succeeded.output(), MAX_OUTPUT_DEPTH)
                ? failed("The output can not be kept: it is nested more than " + MAX_OUTPUT_DEPTH + " deep.")
                : result;
    }

    private static StepResult missing(String message) {
        return new StepResult.Failed(StepError.of(message, RunWhy.PIECE_NOT_FOUND, message));
    }

    private static StepResult failed(String message) {
        return new StepResult.Failed(StepError.of(message));
    }

    @Override
    public boolean code(String source, String packageJson) {
        return hosts.effectful(source, packageJson);
    }

    /** An unknown piece or action fails without an effect. */
    @Override
    public boolean piece(String pieceName, String actionName) {
        var piece = pieces.apply(pieceName).orElse(null);
        var action = piece == null ? null : piece.action(actionName);
        return action != null && !action.pure();
    }
}
