package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A step that calls an action of a piece. */
public record PieceStep(
        ObjectNode body,
        @Nullable FailureBranches branches,
        @Nullable Action next) implements Action {
    public static final String TYPE = "PIECE";

    public String pieceName() {
        return Bodies.text(settings(), "pieceName");
    }

    /** Exact after writing; may carry {@code ~} or {@code ^} in documents from outside. */
    public String pieceVersion() {
        return Bodies.text(settings(), "pieceVersion");
    }

    /** Null while the piece is chosen but the action is not. */
    public @Nullable String actionName() {
        return setting("actionName");
    }

    public ErrorHandling errorHandling() {
        return ErrorHandling.of(settings());
    }

    /** Runs after success when the step continues on failure. */
    public @Nullable Action onSuccess() {
        return branches == null ? null : branches.onSuccess();
    }

    /** Runs after failure when the step continues on failure. */
    public @Nullable Action onFailure() {
        return branches == null ? null : branches.onFailure();
    }

    @Override
    public PieceStep withNext(@Nullable Action next) {
        return new PieceStep(body, branches, next);
    }

    @Override
    public PieceStep withBody(ObjectNode body) {
        return new PieceStep(body, branches, next);
    }

    PieceStep withBranches(@Nullable FailureBranches branches) {
        return new PieceStep(body, branches, next);
    }

    @Override
    public List<Action> inner() {
        return branches == null ? List.of() : branches.chains();
    }

    @Override
    public PieceStep mapInner(UnaryOperator<@Nullable Action> chain) {
        if (branches == null) {
            return this;
        }
        var mapped = branches.map(chain);
        return mapped == branches ? this : new PieceStep(body, mapped, next);
    }
}
