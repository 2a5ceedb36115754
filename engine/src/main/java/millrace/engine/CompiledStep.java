package millrace.engine;

import java.util.List;
import millrace.definition.Condition;
import millrace.definition.OnInDoubt;
import millrace.expression.Template;
import org.jspecify.annotations.Nullable;

/**
 * A step made ready to run: its expressions are parsed, skipped steps are gone from the chain, and it is known whether
 * its call is effectful.
 */
public sealed interface CompiledStep {
    String name();

    String displayName();

    /** The type as documents and logs spell it. */
    String type();

    @Nullable
    CompiledStep next();

    /** A step that calls something and can fail, be retried and be continued after. */
    sealed interface Caller extends CompiledStep {
        Template input();

        boolean effectful();

        boolean retryOnFailure();

        boolean continueOnFailure();

        /** What happens when a crash leaves it open whether the call was made. */
        OnInDoubt onInDoubt();

        @Nullable
        CompiledStep onSuccess();

        @Nullable
        CompiledStep onFailure();
    }

    record Code(
            String name,
            String displayName,
            Template input,
            String source,
            String packageJson,
            boolean effectful,
            boolean retryOnFailure,
            boolean continueOnFailure,
            OnInDoubt onInDoubt,
            @Nullable CompiledStep onSuccess,
            @Nullable CompiledStep onFailure,
            @Nullable CompiledStep next)
            implements Caller {
        @Override
        public String type() {
            return "CODE";
        }
    }

    record PieceCall(
            String name,
            String displayName,
            Template input,
            String pieceName,
            String pieceVersion,
            String actionName,
            boolean effectful,
            boolean retryOnFailure,
            boolean continueOnFailure,
            OnInDoubt onInDoubt,
            @Nullable CompiledStep onSuccess,
            @Nullable CompiledStep onFailure,
            @Nullable CompiledStep next)
            implements Caller {
        @Override
        public String type() {
            return "PIECE";
        }
    }

    /** How a loop is executed. */
    enum LoopMode {
        /** Through all its items. */
        ITERATE,
        /** Tested alone: it shows its first item and executes nothing. */
        TEST,
        /** Another step is tested, and sees the first item; the loop leaves no record. */
        SHOW
    }

    /** @param keepsIterations whether an expression of the flow looks at more of the loop than its item and index */
    record Loop(
            String name,
            String displayName,
            Template items,
            LoopMode mode,
            boolean keepsIterations,
            @Nullable CompiledStep first,
            @Nullable CompiledStep next)
            implements CompiledStep {
        @Override
        public String type() {
            return "LOOP_ON_ITEMS";
        }
    }

    /** @param children one chain a branch, in the branches' order; null where a branch is empty */
    record Router(
            String name,
            String displayName,
            boolean allMatches,
            List<Branch> branches,
            List<@Nullable CompiledStep> children,
            @Nullable CompiledStep next)
            implements CompiledStep {
        @Override
        public String type() {
            return "ROUTER";
        }
    }

    /** @param conditions groups joined by or, the conditions of a group by and; null for the fallback */
    record Branch(String name, @Nullable List<List<Test>> conditions) {}

    /** A condition with its values' expressions parsed. */
    record Test(
            Condition condition, Template first, @Nullable Template second) {}
}
