package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * One call of a code step.
 *
 * @param contextKey flow version and step; calls with the same key and source share compiled code, never values
 * @param source TypeScript or JavaScript that exports {@code code}
 * @param packageJson the step's package.json as text, empty for none
 * @param input what {@code code} is called with
 * @param timeout from now; afterwards the result is Broken(TIMEOUT)
 */
public record CodeCall(
        String projectId, String contextKey, String source, String packageJson, JsonNode input, Duration timeout) {}
