package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import millrace.definition.Action;
import millrace.definition.Branch;
import millrace.definition.CodeStep;
import millrace.definition.ErrorHandling;
import millrace.definition.LoopStep;
import millrace.definition.PieceStep;
import millrace.definition.RouterStep;
import millrace.definition.Trigger;
import millrace.expression.Template;
import org.jspecify.annotations.Nullable;

/**
 * A flow version made ready to run. Compiled once, then shared by all its runs and threads.
 *
 * @param first the first step after the trigger
 * @param triggerInput the trigger's inputs with their expressions parsed
 */
public record Program(@Nullable CompiledStep first, Template triggerInput) {

    /** Says which calls are effectful: those that a crash must not repeat unseen. */
    public interface Effects {
        /** Every call is, as far as who only reads flows is concerned: an execution stops before each. */
        Effects ALL = new Effects() {
            @Override
            public boolean code(String source, String packageJson) {
                return true;
            }

            @Override
            public boolean piece(String pieceName, String actionName) {
                return true;
            }
        };

        boolean code(String source, String packageJson);

        boolean piece(String pieceName, String actionName);
    }

    /** Compiles the flow below its trigger. */
    public static Program of(Trigger trigger, Effects effects) {
        var compiler = new Compiler(effects, textsOf(trigger));
        return new Program(compiler.chain(trigger.next()), Template.of(trigger.input()));
    }

    /**
     * One step of the flow alone, as a test executes it: it may be skipped in the flow, and neither retry nor
     * continue-on-failure applies. Loops that come before it or hold it show their first item (reference/engine-semantics
     * §11).
     *
     * @return empty when the flow has no such step after its trigger
     */
    public static Optional<Program> ofStep(Trigger trigger, String stepName, Effects effects) {
        var loops = new ArrayList<LoopStep>();
        var found = findStep(trigger.next(), stepName, loops);
        if (found == null) {
            return Optional.empty();
        }
        var compiler = new Compiler(effects, List.of());
        var first = compiler.alone(found);
        for (var loop : loops.reversed()) {
            first = Compiler.loop(loop, CompiledStep.LoopMode.SHOW, false, null, first);
        }
        return Optional.of(new Program(first, Template.of(trigger.input())));
    }

    /** @param loops gets all loops on the way to the step */
    private static @Nullable Action findStep(@Nullable Action head, String name, List<LoopStep> loops) {
        for (var step = head; step != null; step = step.next()) {
            if (step.name().equals(name)) {
                return step;
            }
            if (step instanceof LoopStep loop) {
                loops.add(loop);
            }
            for (var inner : step.inner()) {
                var found = findStep(inner, name, loops);
                if (found != null) {
                    return found;
                }
            }
        }
        return null;
    }

    /** A flow without steps. */
    public static Program empty() {
        return new Program(null, Template.of(Json.object()));
    }

    /** The names of the loops of which an expression looks at more than the item and the index. */
    Set<String> loopsThatKeepIterations() {
        var names = new HashSet<String>();
        collectKeeping(first, names);
        return names;
    }

    private static void collectKeeping(@Nullable CompiledStep head, Set<String> names) {
        for (var step = head; step != null; step = step.next()) {
            switch (step) {
                case CompiledStep.Loop loop -> {
                    if (loop.keepsIterations()) {
                        names.add(loop.name());
                    }
                    collectKeeping(loop.first(), names);
                }
                case CompiledStep.Router router -> router.children().forEach(child -> collectKeeping(child, names));
                case CompiledStep.Caller caller -> {
                    collectKeeping(caller.onSuccess(), names);
                    collectKeeping(caller.onFailure(), names);
                }
            }
        }
    }

    private static List<String> textsOf(Trigger trigger) {
        var texts = new ArrayList<String>();
        collect(trigger.next(), texts);
        return texts;
    }

    private static void collect(@Nullable Action head, List<String> texts) {
        for (var step = head; step != null; step = step.next()) {
            collectTexts(step.settings(), texts);
            step.inner().forEach(chain -> collect(chain, texts));
        }
    }

    private static void collectTexts(JsonNode value, List<String> texts) {
        if (value.isTextual()) {
            texts.add(value.textValue());
        }
        value.forEach(child -> collectTexts(child, texts));
    }

    /** Turns chains of definitions into chains of compiled steps, from their ends: length costs no stack. */
    private static final class Compiler {
        private final Effects effects;
        private final List<String> texts;

        Compiler(Effects effects, List<String> texts) {
            this.effects = effects;
            this.texts = texts;
        }

        @Nullable
        CompiledStep chain(@Nullable Action head) {
            var steps = new ArrayList<Action>();
            for (var step = head; step != null; step = step.next()) {
                if (!step.skip()) {
                    steps.add(step);
                }
            }
            CompiledStep next = null;
            for (var step : steps.reversed()) {
                next = compile(step, next);
            }
            return next;
        }

        private CompiledStep compile(Action step, @Nullable CompiledStep next) {
            return switch (step) {
                case CodeStep code ->
                    code(code, code.errorHandling(), chain(code.onSuccess()), chain(code.onFailure()), next);
                case PieceStep piece ->
                    piece(piece, piece.errorHandling(), chain(piece.onSuccess()), chain(piece.onFailure()), next);
                case LoopStep loop ->
                    loop(loop, CompiledStep.LoopMode.ITERATE, keepsIterations(loop), chain(loop.first()), next);
                case RouterStep router -> {
                    var children = new ArrayList<@Nullable CompiledStep>();
                    for (int i = 0; i < router.branches().size(); i++) {
                        children.add(chain(router.child(i)));
                    }
                    yield router(router, children, next);
                }
            };
        }

        static CompiledStep.Loop loop(
                LoopStep loop,
                CompiledStep.LoopMode mode,
                boolean keepsIterations,
                @Nullable CompiledStep first,
                @Nullable CompiledStep next) {
            return new CompiledStep.Loop(
                    loop.name(), loop.displayName(), Template.of(loop.items()), mode, keepsIterations, first, next);
        }

        private CompiledStep.Code code(
                CodeStep code,
                ErrorHandling handling,
                @Nullable CompiledStep onSuccess,
                @Nullable CompiledStep onFailure,
                @Nullable CompiledStep next) {
            return new CompiledStep.Code(
                    code.name(),
                    code.displayName(),
                    Template.of(code.input()),
                    code.source(),
                    code.packageJson(),
                    effects.code(code.source(), code.packageJson()),
                    handling.retryOnFailure(),
                    handling.continueOnFailure(),
                    handling.onInDoubt(),
                    onSuccess,
                    onFailure,
                    next);
        }

        private CompiledStep.PieceCall piece(
                PieceStep piece,
                ErrorHandling handling,
                @Nullable CompiledStep onSuccess,
                @Nullable CompiledStep onFailure,
                @Nullable CompiledStep next) {
            var action = piece.actionName() == null ? "" : piece.actionName();
            return new CompiledStep.PieceCall(
                    piece.name(),
                    piece.displayName(),
                    Template.of(piece.input()),
                    piece.pieceName(),
                    piece.pieceVersion(),
                    action,
                    effects.piece(piece.pieceName(), action),
                    handling.retryOnFailure(),
                    handling.continueOnFailure(),
                    handling.onInDoubt(),
                    onSuccess,
                    onFailure,
                    next);
        }

        private static CompiledStep.Router router(
                RouterStep router, List<@Nullable CompiledStep> children, @Nullable CompiledStep next) {
            return new CompiledStep.Router(
                    router.name(),
                    router.displayName(),
                    router.executionType() == RouterStep.Execution.EXECUTE_ALL_MATCH,
                    router.branches().stream().map(Compiler::branch).toList(),
                    children,
                    next);
        }

        private static ErrorHandling none(ErrorHandling handling) {
            return new ErrorHandling(false, false, handling.onInDoubt());
        }

        /** The step without what follows it or stands in it, and without its error handling. */
        CompiledStep alone(Action step) {
            return switch (step) {
                case LoopStep loop -> loop(loop, CompiledStep.LoopMode.TEST, false, null, null);
                case CodeStep code -> code(code, none(code.errorHandling()), null, null, null);
                case PieceStep piece -> piece(piece, none(piece.errorHandling()), null, null, null);
                case RouterStep router -> router(router, List.of(), null);
            };
        }

        private static CompiledStep.Branch branch(Branch branch) {
            if (branch.fallback()) {
                return new CompiledStep.Branch(branch.name(), null);
            }
            var groups = branch.conditions().stream()
                    .map(group -> group.stream()
                            .map(condition -> new CompiledStep.Test(
                                    condition,
                                    Template.of(condition.firstValue()),
                                    condition.secondValue() == null ? null : Template.of(condition.secondValue())))
                            .toList())
                    .toList();
            return new CompiledStep.Branch(branch.name(), groups);
        }

        /**
         * A loop's finished iterations stay in memory only if some expression may look at them: the loop's name stands
         * somewhere without {@code .item} or {@code .index} behind it.
         */
        private boolean keepsIterations(LoopStep loop) {
            var name = Pattern.quote(loop.name());
            var mention = Pattern.compile("\\b" + name + "\\b");
            var harmless = Pattern.compile("\\b" + name + "\\s*(?:\\[\\s*['\"]output['\"]\\s*]|\\.\\s*output)\\s*"
                    + "(?:\\.\\s*(?:item|index)\\b|\\[\\s*['\"](?:item|index)['\"]\\s*])");
            return texts.stream()
                    .anyMatch(text -> mention.matcher(text).results().count()
                            != harmless.matcher(text).results().count());
        }
    }
}
