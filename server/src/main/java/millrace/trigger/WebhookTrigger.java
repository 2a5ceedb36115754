package millrace.trigger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import millrace.connection.ConnectionService;
import millrace.definition.PieceTrigger;
import millrace.definition.Trigger;
import millrace.expression.Scope;
import millrace.expression.Template;
import millrace.nativepiece.Piece;
import millrace.nativepiece.TriggerCall;
import millrace.nativepiece.TriggerDefinition;
import org.jspecify.annotations.Nullable;

/**
 * A flow's webhook trigger, made ready: its piece's rule and its inputs with their expressions parsed.
 *
 * @param definition null for a trigger without a native piece, which takes every delivery as it is
 */
record WebhookTrigger(@Nullable TriggerDefinition definition, Template input) {

    /** @param pieces finds a native piece by its npm name */
    static WebhookTrigger of(Trigger trigger, Function<String, Optional<Piece>> pieces) {
        TriggerDefinition definition = null;
        if (trigger instanceof PieceTrigger chosen) {
            var name = chosen.triggerName();
            var piece = pieces.apply(chosen.pieceName()).orElse(null);
            definition = piece == null || name == null ? null : piece.trigger(name);
        }
        return new WebhookTrigger(definition, Template.of(trigger.input()));
    }

    /** The trigger's inputs for the log: secrets are censored. */
    JsonNode shownInput(Scope scope) {
        return input.censored(scope, Map.of());
    }

    /** The events of a delivery; none when the trigger refuses it. */
    List<JsonNode> events(Scope scope, ObjectNode payload) {
        if (definition == null) {
            return List.of(payload);
        }
        return definition.events(new TriggerCall((ObjectNode) input.resolve(scope, Map.of()), payload));
    }

    /** What a trigger's inputs can name: the project's variables and connections, and no step. */
    record ProjectScope(String projectId, ConnectionService connections) implements Scope {
        @Override
        public @Nullable JsonNode root(String name) {
            return null;
        }

        @Override
        public @Nullable JsonNode connection(String externalId) {
            return connections.value(projectId, externalId);
        }

        @Override
        public @Nullable JsonNode variable(String name) {
            return connections.variable(projectId, name);
        }
    }
}
