package millrace.pieces;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import millrace.nativepiece.Piece;

/** The list of native pieces, by npm name. A native piece serves every version and range of its name. */
public final class NativePieces {
    private final Map<String, Piece> byName;

    /** @param random for actions that draw numbers; used from many threads */
    public NativePieces(RandomGenerator random) {
        this(List.of(WebhookPiece.WEBHOOK, HttpPiece.HTTP, MathHelperPiece.of(random), DataMapperPiece.DATA_MAPPER));
    }

    private NativePieces(List<Piece> pieces) {
        var map = new LinkedHashMap<String, Piece>();
        pieces.forEach(piece -> map.put(piece.name(), piece));
        byName = Collections.unmodifiableMap(map);
    }

    public Optional<Piece> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** In the order shown. */
    public Collection<Piece> all() {
        return byName.values();
    }
}
