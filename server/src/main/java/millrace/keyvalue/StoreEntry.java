package millrace.keyvalue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/**
 * One entry.
 *
 * @param key prefixes included
 * @param value JSON null when nothing else was given
 */
public record StoreEntry(String id, Instant created, Instant updated, String projectId, String key, JsonNode value) {}
