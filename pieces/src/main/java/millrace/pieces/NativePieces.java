package millrace.pieces;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import millrace.definition.PieceCatalogue;
import millrace.definition.PropertyType;
import millrace.nativepiece.Piece;
import millrace.nativepiece.TriggerDefinition;
import millrace.nativepiece.TriggerStrategy;

/**
 * The list of native pieces, by npm name. A native piece serves every version and range of its name, so that a document
 * may pin whichever it likes.
 */
public final class NativePieces implements PieceCatalogue {
    private final Map<String, Piece> byName;

    /** @param random for actions that draw numbers; used from many threads */
    public NativePieces(RandomGenerator random) {
        this(List.of(
                WebhookPiece.WEBHOOK,
                HttpPiece.HTTP,
                DelayPiece.DELAY,
                StorePiece.STORE,
                TablesPiece.TABLES,
                ConnectionsPiece.CONNECTIONS,
                ApprovalPiece.APPROVAL,
                SubflowsPiece.SUBFLOWS,
                MathHelperPiece.of(random),
                DataMapperPiece.DATA_MAPPER));
    }

    private NativePieces(List<Piece> pieces) {
        var map = new LinkedHashMap<String, Piece>();
        pieces.forEach(piece -> map.put(piece.name(), piece));
        byName = Collections.unmodifiableMap(map);
    }

    public Optional<Piece> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** By npm name; does not change. */
    public Map<String, Piece> byName() {
        return byName;
    }

    /** In the order shown. */
    public Collection<Piece> all() {
        return byName.values();
    }

    @Override
    public Optional<Operation> findAction(String pieceName, String pieceVersion, String actionName) {
        return find(pieceName).map(piece -> piece.action(actionName)).map(action -> operation(action.properties()));
    }

    @Override
    public Optional<Operation> findTrigger(String pieceName, String pieceVersion, String triggerName) {
        return find(pieceName).map(piece -> piece.trigger(triggerName)).map(trigger -> operation(trigger.properties()));
    }

    @Override
    public Optional<TriggerStrategy> findStrategy(String pieceName, String pieceVersion, String triggerName) {
        return find(pieceName).map(piece -> piece.trigger(triggerName)).map(TriggerDefinition::strategy);
    }

    private static Operation operation(List<millrace.nativepiece.Property> properties) {
        var byName = new LinkedHashMap<String, Property>();
        for (var property : properties) {
            var type = PropertyType.valueOf(property.kind().name());
            byName.put(
                    property.name(),
                    new Property(type, property.mandatory(), !property.items().isEmpty()));
        }
        return new Operation(false, byName);
    }
}
