package millrace.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Between the document's JSON and its records, without loss: a document written back is the one that was read, but for
 * {@code nextAction: null}, which becomes an absent one (flow-format §14). Chains are walked in loops, so their length
 * costs no stack; only nesting does, which is limited.
 */
public final class FlowJson {
    static final String NEXT = "nextAction";
    static final String FIRST = "firstLoopAction";
    static final String CHILDREN = "children";
    static final String BRANCHES = "continueOnFailureBranches";
    static final String ON_SUCCESS = "onSuccess";
    static final String ON_FAILURE = "onFailure";

    private static final Set<String> CODE_POINTERS = Set.of(NEXT, BRANCHES);
    private static final Set<String> LOOP_POINTERS = Set.of(NEXT, FIRST);
    private static final Set<String> ROUTER_POINTERS = Set.of(NEXT, CHILDREN);
    private static final Set<String> TRIGGER_POINTERS = Set.of(NEXT);

    private FlowJson() {}

    /**
     * Reads a document from its trigger on.
     *
     * @throws MillraceException VALIDATION (400) when it is no flow document or nested more than 100 deep
     */
    public static Trigger read(JsonNode trigger) {
        if (!(trigger instanceof ObjectNode json)) {
            throw MillraceException.invalid("trigger: an object is expected");
        }
        var next = readChain(json.get(NEXT), 0);
        var body = bodyOf(json, TRIGGER_POINTERS);
        return switch (json.path("type").asText()) {
            case EmptyTrigger.TYPE -> new EmptyTrigger(body, next);
            case PieceTrigger.TYPE -> new PieceTrigger(body, next);
            default -> throw MillraceException.invalid("trigger.type: EMPTY or PIECE_TRIGGER is expected");
        };
    }

    /** Reads a chain of actions; null when there is none. */
    static @Nullable Action readChain(@Nullable JsonNode head, int depth) {
        if (head == null || head.isNull()) {
            return null;
        }
        if (depth > FlowLimits.MAX_DEPTH) {
            throw FlowLimits.tooDeep();
        }
        var chain = new ArrayList<ObjectNode>();
        for (JsonNode node = head; node != null && !node.isNull(); node = node.get(NEXT)) {
            if (!(node instanceof ObjectNode json)) {
                throw MillraceException.invalid("an action is no object");
            }
            chain.add(json);
        }
        Action next = null;
        for (int i = chain.size() - 1; i >= 0; i--) {
            next = readAction(chain.get(i), next, depth);
        }
        return next;
    }

    private static Action readAction(ObjectNode json, @Nullable Action next, int depth) {
        return switch (json.path("type").asText()) {
            case CodeStep.TYPE ->
                new CodeStep(bodyOf(json, CODE_POINTERS), readBranches(json.get(BRANCHES), depth), next);
            case PieceStep.TYPE ->
                new PieceStep(bodyOf(json, CODE_POINTERS), readBranches(json.get(BRANCHES), depth), next);
            case LoopStep.TYPE ->
                new LoopStep(bodyOf(json, LOOP_POINTERS), readChain(json.get(FIRST), depth + 1), next);
            case RouterStep.TYPE ->
                new RouterStep(bodyOf(json, ROUTER_POINTERS), readChildren(json.get(CHILDREN), depth), next);
            default ->
                throw MillraceException.invalid(
                        "the action \"" + json.path("name").asText() + "\" has an unknown type");
        };
    }

    private static @Nullable FailureBranches readBranches(@Nullable JsonNode json, int depth) {
        if (json == null || json.isNull()) {
            return null;
        }
        return new FailureBranches(
                readChain(json.get(ON_SUCCESS), depth + 1), readChain(json.get(ON_FAILURE), depth + 1));
    }

    private static List<@Nullable Action> readChildren(@Nullable JsonNode json, int depth) {
        var children = new ArrayList<@Nullable Action>();
        if (json != null) {
            for (JsonNode child : json) {
                children.add(readChain(child, depth + 1));
            }
        }
        return children;
    }

    private static ObjectNode bodyOf(ObjectNode json, Set<String> pointers) {
        ObjectNode body = Json.object();
        for (var entry : json.properties()) {
            if (!pointers.contains(entry.getKey())) {
                body.set(entry.getKey(), entry.getValue());
            }
        }
        return body;
    }

    /** The document as JSON; nested as deep as its longest chain, so neither copy nor compare it recursively. */
    public static ObjectNode write(Trigger trigger) {
        ObjectNode json = Bodies.copy(trigger.body());
        putChain(json, NEXT, trigger.next());
        return json;
    }

    /** A chain as JSON. */
    static ObjectNode writeChain(Action head) {
        var chain = Steps.chain(head);
        ObjectNode next = null;
        for (int i = chain.size() - 1; i >= 0; i--) {
            ObjectNode json = writeAlone(chain.get(i));
            if (next != null) {
                json.set(NEXT, next);
            }
            next = json;
        }
        return java.util.Objects.requireNonNull(next);
    }

    /** A step with what is inside it, without what follows. */
    private static ObjectNode writeAlone(Action step) {
        ObjectNode json = Bodies.copy(step.body());
        switch (step) {
            case CodeStep code -> putBranches(json, code.branches());
            case PieceStep piece -> putBranches(json, piece.branches());
            case LoopStep loop -> putChain(json, FIRST, loop.first());
            case RouterStep router -> {
                ArrayNode children = json.putArray(CHILDREN);
                for (Action child : router.children()) {
                    children.add(child == null ? NullNode.getInstance() : writeChain(child));
                }
            }
        }
        return json;
    }

    private static void putBranches(ObjectNode json, @Nullable FailureBranches branches) {
        if (branches != null) {
            ObjectNode both = json.putObject(BRANCHES);
            putChain(both, ON_SUCCESS, branches.onSuccess());
            putChain(both, ON_FAILURE, branches.onFailure());
        }
    }

    private static void putChain(ObjectNode parent, String key, @Nullable Action head) {
        if (head != null) {
            parent.set(key, writeChain(head));
        }
    }
}
