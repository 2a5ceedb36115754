package millrace.definition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The chains after a step that may fail (flow-format §5.7). They are kept whether or not the step continues on failure;
 * only then do they count.
 */
public record FailureBranches(
        @Nullable Action onSuccess, @Nullable Action onFailure) {
    public static final FailureBranches NONE = new FailureBranches(null, null);

    List<Action> chains() {
        var chains = new ArrayList<Action>(2);
        if (onSuccess != null) {
            chains.add(onSuccess);
        }
        if (onFailure != null) {
            chains.add(onFailure);
        }
        return chains;
    }

    FailureBranches map(UnaryOperator<@Nullable Action> chain) {
        var success = chain.apply(onSuccess);
        var failure = chain.apply(onFailure);
        return success == onSuccess && failure == onFailure ? this : new FailureBranches(success, failure);
    }
}
