package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a code step.
 *
 * @param contextKey flow version and step; calls with the same key and source share compiled code, never values
 * @param source TypeScript or JavaScript that exports {@code code}
 * @param packageJson the step's package.json as text, empty for none
 * @param input what {@code code} is called with
 * @param own goes with what the code fetches from these addresses; null for code that can't
 * @param timeout from now; afterwards the result is Broken(TIMEOUT)
 */
public record CodeCall(
        String projectId,
        String contextKey,
        String source,
        String packageJson,
        JsonNode input,
        @Nullable OwnHeader own,
        Duration timeout) {

    /**
     * A header for what the server itself answers.
     *
     * @param start what its public addresses begin with
     * @param hosts its names on this machine, where its port counts and the path begins with {@code path}
     * @param port 0: any
     */
    public record OwnHeader(String name, String value, String start, List<String> hosts, int port, String path) {}
}
