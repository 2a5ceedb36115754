package millrace.keyvalue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Objects;
import java.util.Optional;
import millrace.access.Principal;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/** Reads the store for steps, and reads and writes it for engine tokens: an entry belongs to the token's project. */
public final class KeyValueService {
    private static final int LONGEST_KEY = 128;

    private final Database database;
    private final Ids ids;
    private final long maxBytes;
    private final EntryStore entries = new EntryStore();

    /** @param maxBytes the longest value as JSON text */
    public KeyValueService(Database database, Ids ids, long maxBytes) {
        this.database = database;
        this.ids = ids;
        this.maxBytes = maxBytes;
    }

    /** What the project has under the key. */
    public Optional<JsonNode> find(String projectId, String key) {
        return database.read(tx -> entries.find(tx, projectId, key)).map(StoreEntry::value);
    }

    /** @throws MillraceException STORE_ENTRY_NOT_FOUND */
    public StoreEntry get(Principal principal, @Nullable String key) {
        var valid = valid(key);
        return database.read(tx -> entries.find(tx, projectOf(principal), valid))
                .orElseThrow(() -> MillraceException.of(ErrorCode.STORE_ENTRY_NOT_FOUND));
    }

    /**
     * Sets the entry; durable when this returns.
     *
     * @throws MillraceException VALIDATION for a key of no or more than 128 characters; STORE_ENTRY_TOO_LARGE
     */
    public StoreEntry put(Principal principal, NewEntry entry) {
        var key = valid(entry.key());
        var value = entry.value() == null ? NullNode.getInstance() : entry.value();
        if (Json.bytes(value).length > maxBytes) {
            throw MillraceException.of(ErrorCode.STORE_ENTRY_TOO_LARGE);
        }
        var id = ids.random();
        return database.transaction(tx -> entries.put(tx, id, projectOf(principal), key, value));
    }

    /** Removes the entry if it is there. */
    public void delete(Principal principal, @Nullable String key) {
        var valid = valid(key);
        database.transaction(tx -> {
            entries.delete(tx, projectOf(principal), valid);
            return valid;
        });
    }

    private static String projectOf(Principal principal) {
        return Objects.requireNonNull(principal.projectId(), "an engine token without a project");
    }

    private static String valid(@Nullable String key) {
        if (key == null || key.isEmpty() || key.length() > LONGEST_KEY) {
            throw MillraceException.invalid("key must have 1 to " + LONGEST_KEY + " characters");
        }
        if (key.chars().anyMatch(c -> c == 0 || c == 0xe000)) {
            throw MillraceException.invalid("key has a character that can't be kept");
        }
        return key;
    }
}
