package millrace.definition;

import java.util.Map;
import java.util.Optional;
import millrace.nativepiece.TriggerStrategy;

/** What the program knows about pieces when it checks a document. Answers from memory: it is asked for every edit. */
public interface PieceCatalogue {
    /** What the action takes; empty when the piece, this version of it, or the action is unknown. */
    Optional<Operation> findAction(String pieceName, String pieceVersion, String actionName);

    /** What the trigger takes; empty when the piece, this version of it, or the trigger is unknown. */
    Optional<Operation> findTrigger(String pieceName, String pieceVersion, String triggerName);

    /** How events reach the trigger; empty when the trigger is unknown. */
    Optional<TriggerStrategy> findStrategy(String pieceName, String pieceVersion, String triggerName);

    /**
     * An action or a trigger as far as checking goes.
     *
     * @param requiresAuth it can't run without a connection in {@code input.auth}
     */
    record Operation(boolean requiresAuth, Map<String, Property> properties) {
        public Operation {
            properties = Map.copyOf(properties);
        }
    }

    /**
     * A property.
     *
     * @param structured an ARRAY whose items are objects of sub-properties
     */
    record Property(PropertyType type, boolean required, boolean structured) {}
}
