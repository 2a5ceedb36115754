package millrace.keyvalue;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What is put under a key.
 *
 * @param key 1 to 128 characters
 * @param value JSON null when it is missing
 */
public record NewEntry(String key, @Nullable JsonNode value) {}
