package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.json;

import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Objects;
import millrace.engine.Json;
import millrace.nativepiece.Piece;

/** Gives values new names: {@code @activepieces/piece-data-mapper} (reference/core-pieces §8). */
final class DataMapperPiece {
    static final Piece DATA_MAPPER = piece("@activepieces/piece-data-mapper", "Data Mapper")
            .described("Manipulate data from one format to another")
            .version("0.3.15")
            .category("CORE")
            .action(pure("advanced_mapping", "Advanced Mapping")
                    .described("Map data from one format to another")
                    .errorHandlingHidden()
                    .prop(json("mapping").required().initially(Json.object().put("newProperty", "oldProperty")))
                    .run(in -> Objects.requireNonNullElse(in.value("mapping"), NullNode.getInstance())))
            .build();

    private DataMapperPiece() {}
}
