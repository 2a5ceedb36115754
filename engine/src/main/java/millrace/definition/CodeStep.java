package millrace.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A step that runs the user's own TypeScript or JavaScript. */
public record CodeStep(
        ObjectNode body,
        @Nullable FailureBranches branches,
        @Nullable Action next) implements Action {
    public static final String TYPE = "CODE";

    /** The module that exports {@code code}. */
    public String source() {
        return Bodies.text(Bodies.object(settings(), "sourceCode"), "code");
    }

    /** JSON text with npm dependencies, usually <code>{}</code>. */
    public String packageJson() {
        return Bodies.text(Bodies.object(settings(), "sourceCode"), "packageJson");
    }

    public ErrorHandling errorHandling() {
        return ErrorHandling.of(settings());
    }

    /** Runs after success when the step continues on failure. */
    public @Nullable Action onSuccess() {
        return branches == null ? null : branches.onSuccess();
    }

    /** Runs after failure when the step continues on failure. */
    public @Nullable Action onFailure() {
        return branches == null ? null : branches.onFailure();
    }

    @Override
    public CodeStep withNext(@Nullable Action next) {
        return new CodeStep(body, branches, next);
    }

    @Override
    public CodeStep withBody(ObjectNode body) {
        return new CodeStep(body, branches, next);
    }

    CodeStep withBranches(@Nullable FailureBranches branches) {
        return new CodeStep(body, branches, next);
    }

    @Override
    public List<Action> inner() {
        return branches == null ? List.of() : branches.chains();
    }

    @Override
    public CodeStep mapInner(UnaryOperator<@Nullable Action> chain) {
        if (branches == null) {
            return this;
        }
        var mapped = branches.map(chain);
        return mapped == branches ? this : new CodeStep(body, mapped, next);
    }
}
