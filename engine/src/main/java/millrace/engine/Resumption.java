package millrace.engine;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Why a step that paused is called again.
 *
 * @param payload what came, for an HTTP call {@code {body, headers, queryParams}}; null when the time came
 */
public record Resumption(@Nullable JsonNode payload) {}
