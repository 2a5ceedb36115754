package millrace.pieces;

import static millrace.nativepiece.ActionDefinition.pure;
import static millrace.nativepiece.Piece.piece;
import static millrace.nativepiece.Property.shortText;

import java.util.List;
import millrace.engine.Effect;
import millrace.engine.Json;
import millrace.engine.StepResult;
import millrace.nativepiece.ActionCall;
import millrace.nativepiece.Input;
import millrace.nativepiece.Piece;
import millrace.nativepiece.PieceFailure;

/**
 * Connections by names that are only known when the flow runs: {@code @activepieces/piece-connections}
 * (reference/core-pieces §13). The run is tagged with what it has read.
 */
final class ConnectionsPiece {
    static final Piece CONNECTIONS = piece("@activepieces/piece-connections", "Connections")
            .described("Read connections dynamically")
            .version("0.2.7")
            .category("CORE")
            .action(pure("read_connection", "Read Connection")
                    .described("Fetch the value of a connection by its external id")
                    .prop(shortText("connection_name")
                            .displayed("Connection Name")
                            .required())
                    .runs(ConnectionsPiece::read))
            .build();

    private ConnectionsPiece() {}

    private static StepResult read(Input in, ActionCall call) {
        var name = in.text("connection_name", "");
        var value = call.run().connection(name);
        if (value == null) {
            throw new PieceFailure(Json.text(
                    Json.object().put("message", "Connection not found").put("connectionName", name)));
        }
        return new StepResult.Succeeded(value, null, false, List.of(new Effect.AddTags(List.of("connection:" + name))));
    }
}
