package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import millrace.engine.Json;

/** Whether a step could run (flow-format §7.1); the server's word, whatever the client sent. */
final class StepCheck {
    private static final String AUTH = "auth";

    private final PieceCatalogue catalogue;

    StepCheck(PieceCatalogue catalogue) {
        this.catalogue = catalogue;
    }

    /** The body with {@code valid} as it is, and without the input keys that the step's piece does not know. */
    ObjectNode checked(Step step) {
        var operation = operation(step);
        ObjectNode body = operation.isPresent() ? withKnownInput(step, operation.get()) : step.body();
        return Bodies.with(body, "valid", BooleanNode.valueOf(valid(step, operation)));
    }

    private boolean valid(Step step, Optional<PieceCatalogue.Operation> operation) {
        if (step instanceof EmptyTrigger || !StepSchema.fits(step)) {
            return false;
        }
        return switch (step) {
            case EmptyTrigger trigger -> false;
            case CodeStep code ->
                !code.source().isEmpty() && !code.packageJson().isEmpty();
            case LoopStep loop -> !loop.items().asText().isEmpty();
            case RouterStep router -> router.branches().stream().allMatch(StepCheck::complete);
            case PieceTrigger trigger -> operation.isPresent() && inputFits(step, operation.get());
            case PieceStep piece -> operation.isPresent() && inputFits(step, operation.get());
        };
    }

    private Optional<PieceCatalogue.Operation> operation(Step step) {
        return switch (step) {
            case PieceStep piece
            when piece.actionName() != null ->
                catalogue.findAction(
                        piece.pieceName(), StepSchema.withoutPrefix(piece.pieceVersion()), piece.actionName());
            case PieceTrigger trigger
            when trigger.triggerName() != null ->
                catalogue.findTrigger(
                        trigger.pieceName(), StepSchema.withoutPrefix(trigger.pieceVersion()), trigger.triggerName());
            default -> Optional.empty();
        };
    }

    private static boolean complete(Branch branch) {
        for (var group : branch.conditions()) {
            for (Condition condition : group) {
                if (isEmpty(condition.firstValue())
                        || (condition.secondValue() != null && isEmpty(condition.secondValue()))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isEmpty(JsonNode value) {
        return value.isTextual() && value.textValue().isEmpty();
    }

    private static boolean inputFits(Step step, PieceCatalogue.Operation operation) {
        ObjectNode input = step.input();
        if (operation.requiresAuth()) {
            JsonNode auth = input.get(AUTH);
            if (auth == null || !auth.isTextual() || auth.textValue().isEmpty()) {
                return false;
            }
        }
        for (var property : operation.properties().entrySet()) {
            var rule = property.getValue();
            if (!rule.type().accepts(input.get(property.getKey()), rule.required(), rule.structured())) {
                return false;
            }
        }
        return true;
    }

    private static ObjectNode withKnownInput(Step step, PieceCatalogue.Operation operation) {
        ObjectNode known = Json.object();
        for (var entry : step.input().properties()) {
            if (entry.getKey().equals(AUTH) || operation.properties().containsKey(entry.getKey())) {
                known.set(entry.getKey(), entry.getValue());
            }
        }
        if (known.size() == step.input().size()) {
            return step.body();
        }
        return Bodies.with(step.body(), "settings", Bodies.with(step.settings(), "input", known));
    }
}
