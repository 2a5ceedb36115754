package millrace.expression;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** What an expression can see. Answers are read, never changed. */
public interface Scope {
    /**
     * The value of a step's name, or of {@code trigger}: {@code {"output":…}}, with {@code "error":{"message"}} too when
     * the step failed. Null when there is no such step or it has not run.
     */
    @Nullable
    JsonNode root(String name);

    /**
     * The decrypted value of a connection.
     *
     * @throws ReferenceFailure when it is not there or can't be used
     */
    @Nullable
    JsonNode connection(String externalId);

    /** The text of a project variable; null when it is not there. */
    @Nullable
    JsonNode variable(String name);
}
