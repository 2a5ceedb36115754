package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** A trigger of a piece. */
public record PieceTrigger(ObjectNode body, @Nullable Action next) implements Trigger {
    /** The stored value; the reference's enum key is PIECE. */
    public static final String TYPE = "PIECE_TRIGGER";

    public String pieceName() {
        return Bodies.text(settings(), "pieceName");
    }

    /** Exact after writing; may carry {@code ~} or {@code ^} in documents from outside. */
    public String pieceVersion() {
        return Bodies.text(settings(), "pieceVersion");
    }

    /** Null while the piece is chosen but the trigger is not. */
    public @Nullable String triggerName() {
        return setting("triggerName");
    }

    @Override
    public PieceTrigger withNext(@Nullable Action next) {
        return new PieceTrigger(body, next);
    }

    @Override
    public PieceTrigger withBody(ObjectNode body) {
        return new PieceTrigger(body, next);
    }
}
