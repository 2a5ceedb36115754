package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Folds the records of a run into the steps that a person reads: step name → {@code {type, status, input, output,
 * duration, errorMessage}}, with a loop's iterations nested in its output (reference/engine-semantics §4.1).
 */
public final class RunLog {
    private final int truncateInputAbove;
    private final ObjectNode steps = Json.object();
    private final Map<String, ArrayNode> loopItems = new HashMap<>();
    private final Map<String, Long> loopMillis = new HashMap<>();

    private final long mostNestedBytes;
    private long nestedBytes;
    private @Nullable String forkedFrom;

    private RunLog(int truncateInputAbove, long mostNestedBytes) {
        this.truncateInputAbove = truncateInputAbove;
        this.mostNestedBytes = mostNestedBytes;
    }

    /**
     * A log that takes the records of one run by {@link #add(JournalRecord)}.
     *
     * @param truncateInputAbove bytes of JSON above which a top-level input value is replaced by its size
     * @param mostNestedBytes about how many bytes of JSON the steps inside loops may have; later iterations are left out,
     *     and {@code truncated} of their outermost loop is true
     */
    public static RunLog open(int truncateInputAbove, long mostNestedBytes) {
        return new RunLog(truncateInputAbove, mostNestedBytes);
    }

    /** The run that this one is a fork of. */
    public @Nullable String forkedFrom() {
        return forkedFrom;
    }

    /** The steps by name. */
    public ObjectNode steps() {
        return steps;
    }

    /**
     * @param records the records of one run, in order
     * @param truncateInputAbove bytes of JSON above which a top-level input value is replaced by its size
     */
    public static ObjectNode steps(List<JournalRecord> records, int truncateInputAbove) {
        var log = new RunLog(truncateInputAbove, Long.MAX_VALUE);
        records.forEach(log::add);
        return log.steps;
    }

    /** One finished step as the log shows it. */
    static ObjectNode step(JournalRecord.Finished finished, JsonNode journalledInput) {
        var step = Json.object()
                .put("type", finished.type())
                .put("status", finished.status().name());
        var input = finished.input() == null ? journalledInput : finished.input();
        if (!input.isMissingNode()) {
            step.set("input", input);
        }
        if (finished.output() != null) {
            step.set("output", finished.output());
        }
        step.put("duration", finished.millis());
        if (finished.error() != null) {
            step.put("errorMessage", Json.text(finished.error()));
        }
        return step;
    }

    /**
     * What a record tells those who follow the run: {@code {name, path: [[loop, iteration from 0], …], output}}, where
     * output is the step as the log shows it (reference/engine-semantics §16); null when it tells nothing of a step.
     */
    public static @Nullable ObjectNode progress(JournalRecord record, int truncateInputAbove) {
        var path = switch (record) {
            case JournalRecord.Began ignored -> "trigger";
            case JournalRecord.Intent intent -> intent.path();
            case JournalRecord.Paused wait -> wait.path();
            case JournalRecord.LoopBegan loop -> loop.path();
            case JournalRecord.Finished done -> done.path();
            case JournalRecord.Attempted ignored -> null;
            case JournalRecord.BackingOff ignored -> null;
            case JournalRecord.Given ignored -> null;
            case JournalRecord.Tagged ignored -> null;
            case JournalRecord.Resumed ignored -> null;
            case JournalRecord.Retried ignored -> null;
            case JournalRecord.LoopEnded ignored -> null;
        };
        if (path == null) {
            return null;
        }
        var name = name(path);
        var progress = Json.object().put("name", name);
        var loops = progress.putArray("path");
        for (var part : path.substring(0, path.length() - name.length()).split("/")) {
            var bracket = part.indexOf('[');
            if (bracket > 0) {
                loops.addArray()
                        .add(part.substring(0, bracket))
                        .add(Integer.parseInt(part, bracket + 1, part.length() - 1, 10));
            }
        }
        var step =
                steps(List.of(outsideLoops(record, name)), truncateInputAbove).get(name);
        return progress.set("output", step);
    }

    private static JournalRecord outsideLoops(JournalRecord record, String name) {
        return switch (record) {
            case JournalRecord.Intent intent -> new JournalRecord.Intent(name, intent.attempt(), intent.input());
            case JournalRecord.Paused wait ->
                new JournalRecord.Paused(
                        name,
                        wait.type(),
                        wait.attempt(),
                        wait.waitpointId(),
                        wait.until(),
                        wait.input(),
                        wait.output(),
                        wait.millis());
            case JournalRecord.LoopBegan loop -> new JournalRecord.LoopBegan(name, loop.items());
            case JournalRecord.Finished done ->
                new JournalRecord.Finished(
                        name, done.type(), done.status(), done.input(), done.output(), done.error(), done.millis());
            default -> record;
        };
    }

    /** Takes the next record. */
    public void add(JournalRecord record) {
        if (leftOut(record)) {
            return;
        }
        switch (record) {
            case JournalRecord.Began began -> {
                forkedFrom = began.origin().forkedFrom();
                steps.set(
                        "trigger",
                        Json.object()
                                .put("type", "PIECE_TRIGGER")
                                .put("status", StepStatus.SUCCEEDED.name())
                                .<ObjectNode>set("input", truncated(began.triggerInput()))
                                .<ObjectNode>set("output", began.payload())
                                .put("duration", 0));
            }
            case JournalRecord.Intent intent ->
                parent(intent.path())
                        .set(
                                name(intent.path()),
                                Json.object()
                                        .put("status", StepStatus.RUNNING.name())
                                        .set("input", truncated(intent.input())));
            case JournalRecord.Attempted ignored -> {}
            case JournalRecord.Paused wait -> {
                var parent = parent(wait.path());
                var step = Json.object().put("type", wait.type()).put("status", StepStatus.PAUSED.name());
                var input =
                        wait.input() == null ? parent.path(name(wait.path())).path("input") : wait.input();
                if (!input.isMissingNode()) {
                    step.set("input", truncated(input));
                }
                if (wait.output() != null) {
                    step.set("output", wait.output());
                }
                parent.set(name(wait.path()), step.put("duration", wait.millis()));
            }
            case JournalRecord.Resumed ignored -> {}
            case JournalRecord.Retried ignored -> dropUnfinished(steps);
            case JournalRecord.BackingOff ignored -> {}
            case JournalRecord.Given ignored -> {}
            case JournalRecord.Tagged ignored -> {}
            case JournalRecord.LoopBegan loop -> {
                loopItems.put(loop.path(), loop.items());
                var step = Json.object().put("type", "LOOP_ON_ITEMS").put("status", StepStatus.SUCCEEDED.name());
                step.set("input", truncated(Json.object().set("items", loop.items())));
                step.putObject("output").put("index", 0).putArray("iterations");
                parent(loop.path()).set(name(loop.path()), step);
            }
            case JournalRecord.LoopEnded loop -> {
                var step = (ObjectNode) parent(loop.path()).get(name(loop.path()));
                if (loop.iterations() > 0 && step.has("truncated")) {
                    ((ObjectNode) step.get("output")).put("index", loop.iterations());
                } else if (loop.iterations() > 0) {
                    iteration(parent(loop.path()), loop.path(), name(loop.path()), loop.iterations() - 1);
                }
                step.put("duration", loop.millis());
            }
            case JournalRecord.Finished finished -> {
                var parent = parent(finished.path());
                var before = parent.path(name(finished.path())).path("input");
                var step = step(finished, before);
                if (step.has("input")) {
                    step.set("input", truncated(step.get("input")));
                }
                parent.set(name(finished.path()), step);
            }
        }
    }

    /** Marks the loop when the record lies in an iteration that is too much. */
    private boolean leftOut(JournalRecord record) {
        var path = record.path();
        if (path == null || path.indexOf('/') < 0) {
            return false;
        }
        if (nestedBytes > mostNestedBytes) {
            ((ObjectNode) steps.get(path.substring(0, path.indexOf('[')))).put("truncated", true);
            return true;
        }
        nestedBytes += switch (record) {
            case JournalRecord.Intent intent -> Json.size(intent.input());
            case JournalRecord.Finished done -> Json.size(done.input()) + Json.size(done.output());
            default -> 0;
        };
        return false;
    }

    /** A retry executes these steps again; until then the log does not show them. */
    private static void dropUnfinished(ObjectNode steps) {
        steps.properties()
                .removeIf(step -> switch (step.getValue().path("status").asText()) {
                    case "FAILED", "RUNNING" -> true;
                    default -> false;
                });
        for (var step : steps) {
            for (var iteration : step.path("output").path("iterations")) {
                if (iteration instanceof ObjectNode inner
                        && step.path("type").asText().equals("LOOP_ON_ITEMS")) {
                    dropUnfinished(inner);
                }
            }
        }
    }

    /** The object that holds the steps of the path's innermost iteration. */
    private ObjectNode parent(String path) {
        var at = steps;
        int from = 0;
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', from)) {
            var bracket = path.lastIndexOf('[', slash);
            var loopPath = path.substring(0, bracket);
            at = iteration(
                    at, loopPath, path.substring(from, bracket), Integer.parseInt(path, bracket + 1, slash - 1, 10));
            from = slash + 1;
        }
        return at;
    }

    private ObjectNode iteration(ObjectNode holder, String loopPath, String loopName, int index) {
        var output = (ObjectNode) holder.path(loopName).path("output");
        var iterations = (ArrayNode) output.path("iterations");
        while (iterations.size() <= index) {
            iterations.addObject();
            output.put("index", iterations.size());
            var items = loopItems.get(loopPath);
            if (items != null && iterations.size() <= items.size()) {
                output.set("item", items.get(iterations.size() - 1));
            }
        }
        return (ObjectNode) iterations.get(index);
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private JsonNode truncated(JsonNode input) {
        if (!(input instanceof ObjectNode object)) {
            return input;
        }
        List<Map.Entry<String, Integer>> large = null;
        for (var field : object.properties()) {
            var size = size(field.getValue());
            if (size > truncateInputAbove) {
                if (large == null) {
                    large = new ArrayList<>();
                }
                large.add(Map.entry(field.getKey(), size));
            }
        }
        if (large == null) {
            return input;
        }
        var copy = Json.object().setAll(object);
        for (var field : large) {
            ((ObjectNode) copy).put(field.getKey(), "(truncated, original size " + shown(field.getValue()) + ")");
        }
        return copy;
    }

    private int size(JsonNode value) {
        if (value.isTextual() && value.textValue().length() <= truncateInputAbove / 4) {
            return value.textValue().length();
        }
        return value.isContainerNode() || value.isTextual() ? (int) Math.min(Integer.MAX_VALUE, Json.size(value)) : 0;
    }

    private static String shown(int bytes) {
        return bytes < 1024 * 1024
                ? Math.max(1, Math.round(bytes / 1024.0)) + " KB"
                : String.format(java.util.Locale.ROOT, "%.1f MB", bytes / 1024.0 / 1024.0);
    }

    /** The path's first step outside every loop, for messages that name a step. */
    public static @Nullable String outermost(@Nullable String path) {
        if (path == null) {
            return null;
        }
        var end = path.indexOf('[');
        return end < 0 ? path : path.substring(0, end);
    }
}
