package millrace.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import millrace.definition.FlowJson;
import millrace.engine.Json;
import millrace.engine.Program;

/**
 * Flows of all kinds of steps. Pure steps are code, effects are calls of the piece {@code world}; its other actions wait
 * or call another flow. Each step's input mentions what the steps before it answered, so that an answer that changes
 * after it was seen is noticed.
 */
final class RandomFlow {
    /** Answers the caller and goes on, or ends the run. */
    static final String REPLY = "reply";

    static final String STOP = "stop";

    /** Waits for an answer, or for a time. */
    static final String WAIT = "wait";

    static final String SLEEP = "sleep";
    /** Makes an address at which the run can be answered before it waits there; the step after it waits. */
    static final String OPEN = "open";

    static final String CALL = "call";

    /** Adds itself to a list in the key-value store. */
    static final String STORE = "store";

    private static final String CHANGE = "change";
    private static final int MOST_STEPS = 8;

    private static final Program.Effects EFFECTS = new Program.Effects() {
        @Override
        public boolean code(String source, String packageJson) {
            return false;
        }

        @Override
        public boolean piece(String pieceName, String actionName) {
            return effectful(actionName);
        }
    };

    private final RandomGenerator random;
    private final boolean calling;
    private final boolean storing;
    private int steps;

    private RandomFlow(RandomGenerator random, boolean calling, boolean storing) {
        this.random = random;
        this.calling = calling;
        this.storing = storing;
    }

    static boolean effectful(String actionName) {
        return actionName.equals(CHANGE);
    }

    /**
     * @param calling whether the flow may call others
     * @param storing whether it may change the key-value store
     */
    static Program create(RandomGenerator random, boolean calling, boolean storing) {
        var trigger = Json.object().put("name", "trigger").put("type", "EMPTY").put("displayName", "trigger");
        trigger.putObject("settings");
        var flow = new RandomFlow(random, calling, storing);
        flow.chain(trigger, "nextAction", new ArrayList<>(List.of("trigger")), 0);
        return Program.of(FlowJson.read(trigger), EFFECTS);
    }

    /** Hangs a chain of steps into the document. */
    private void chain(ObjectNode parent, String key, List<String> seen, int depth) {
        var place = parent;
        var pointer = key;
        var length = random.nextInt(depth == 0 ? 2 : 1, depth == 0 ? 6 : 3);
        for (int i = 0; i < length && steps < MOST_STEPS; i++) {
            var name = "s" + ++steps;
            var step = step(name, seen, depth);
            place.set(pointer, step);
            seen.add(name);
            place = step;
            pointer = "nextAction";
            if (OPEN.equals(step.at("/settings/actionName").asText())) {
                var waiting = world("s" + ++steps, WAIT, seen);
                waiting.withObjectProperty("settings")
                        .withObjectProperty("input")
                        .put("at", "{{" + name + "['output'].waitpoint}}");
                place.set(pointer, waiting);
                place = waiting;
            }
        }
    }

    private ObjectNode step(String name, List<String> seen, int depth) {
        var kind = random.nextInt(storing ? 18 : 14);
        if (kind == 0 && depth < 2) {
            return loop(name, seen, depth);
        }
        if (kind == 1 && depth < 2) {
            return router(name, seen, depth);
        }
        if (kind < 7) {
            return effect(name, seen);
        }
        switch (kind) {
            case 10 -> {
                return world(name, SLEEP, seen);
            }
            case 11 -> {
                return world(name, WAIT, seen);
            }
            case 12 -> {
                return world(name, OPEN, seen);
            }
            case 13 -> {
                return world(name, calling ? CALL : WAIT, seen);
            }
            case 14, 15, 16, 17 -> {
                return world(name, STORE, seen);
            }
            default -> {}
        }
        var source = random.nextInt(8) > 0 ? "" : random.nextInt(3) > 0 ? REPLY : STOP;
        return code(name, source, seen);
    }

    private ObjectNode named(String type, String name) {
        var step = Json.object()
                .put("name", name)
                .put("displayName", name)
                .put("type", type)
                .put("valid", true);
        step.putObject("settings");
        return step;
    }

    private ObjectNode world(String name, String action, List<String> seen) {
        var step = named("PIECE", name);
        step.withObjectProperty("settings")
                .put("pieceName", "world")
                .put("pieceVersion", "1.0.0")
                .put("actionName", action)
                .set("input", input(seen));
        return step;
    }

    private ObjectNode effect(String name, List<String> seen) {
        var step = world(name, CHANGE, seen);
        var settings = step.withObjectProperty("settings");
        var inDoubt = random.nextInt(6);
        if (inDoubt < 2) {
            settings.put("onInDoubt", inDoubt == 0 ? "ASK" : "FAIL");
        }
        var handling = settings.putObject("errorHandlingOptions");
        handling.putObject("retryOnFailure").put("value", random.nextInt(3) > 0);
        handling.putObject("continueOnFailure").put("value", random.nextInt(3) > 0);
        return step;
    }

    private ObjectNode code(String name, String source, List<String> seen) {
        var step = named("CODE", name);
        var settings = step.withObjectProperty("settings");
        settings.putObject("sourceCode").put("code", source).put("packageJson", "{}");
        settings.set("input", input(seen));
        return step;
    }

    private ObjectNode loop(String name, List<String> seen, int depth) {
        var step = named("LOOP_ON_ITEMS", name);
        step.withObjectProperty("settings").put("items", "{{" + anyOf(seen) + "['output'].list}}");
        var inner = new ArrayList<>(seen);
        inner.add(name);
        chain(step, "firstLoopAction", inner, depth + 1);
        return step;
    }

    private ObjectNode router(String name, List<String> seen, int depth) {
        var step = named("ROUTER", name);
        var settings = step.withObjectProperty("settings").put("executionType", "EXECUTE_FIRST_MATCH");
        var branches = settings.putArray("branches");
        branches.addObject()
                .put("branchName", "even")
                .put("branchType", "CONDITION")
                .putArray("conditions")
                .addArray()
                .addObject()
                .put("operator", "TEXT_EXACTLY_MATCHES")
                .put("firstValue", "{{" + anyOf(seen) + "['output'].parity}}")
                .put("secondValue", "even");
        branches.addObject().put("branchName", "else").put("branchType", "FALLBACK");
        var children = step.putArray("children");
        for (int i = 0; i < 2; i++) {
            var holder = Json.object();
            chain(holder, "child", new ArrayList<>(seen), depth + 1);
            children.add(holder.path("child").isMissingNode() ? Json.MAPPER.nullNode() : holder.get("child"));
        }
        return step;
    }

    private ObjectNode input(List<String> seen) {
        return Json.object()
                .put("first", "{{" + anyOf(seen) + "['output'].v}}")
                .put("second", "{{" + seen.getLast() + "['output'].v}}");
    }

    private String anyOf(List<String> seen) {
        return seen.get(random.nextInt(seen.size()));
    }

    /** An answer that no other call gives: {@code {v, parity, list}}. */
    static ObjectNode answer(RandomGenerator random) {
        var v = random.nextInt(1 << 20);
        var answer = Json.object().put("v", v).put("parity", v % 2 == 0 ? "even" : "odd");
        var list = answer.putArray("list");
        for (int i = random.nextInt(3); i > 0; i--) {
            list.add(random.nextInt(1 << 20));
        }
        return answer;
    }
}
