package millrace.instance;

import static millrace.schema.Tables.FLAG;
import static millrace.schema.Tables.USER_IDENTITY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Optional;
import millrace.config.BadSettings;
import millrace.database.Database;
import millrace.database.Tx;

/**
 * Whether the keys of this process are those that the database was used with: with other ones, stored secrets can't be
 * read. Only a fingerprint of the key is kept.
 */
public final class KeyCheck {
    private static final String FLAG_ID = "ENCRYPTION_KEY_FINGERPRINT";

    private final Database database;

    public KeyCheck(Database database) {
        this.database = database;
    }

    /** Whether keys that are missing now would be missed: somebody has signed up, or a key was used. */
    public boolean used() {
        return database.read(tx -> stored(tx).isPresent() || tx.sql().fetchExists(USER_IDENTITY));
    }

    /**
     * Keeps the fingerprint of the first key.
     *
     * @throws BadSettings when the database was used with another key
     */
    public void remember(String fingerprint) {
        var stored = database.transaction(tx -> {
            var before = stored(tx);
            if (before.isEmpty()) {
                tx.sql()
                        .insertInto(FLAG, FLAG.ID, FLAG.VALUE)
                        .values(FLAG_ID, TextNode.valueOf(fingerprint))
                        .onConflictDoNothing()
                        .execute();
            }
            return before;
        });
        if (stored.isPresent() && !stored.get().asText().equals(fingerprint)) {
            throw new BadSettings(List.of("AP_ENCRYPTION_KEY: the database at " + database.place()
                    + " was used with another key; set that one, or its secrets can't be read"));
        }
    }

    private static Optional<JsonNode> stored(Tx tx) {
        return tx.sql().select(FLAG.VALUE).from(FLAG).where(FLAG.ID.eq(FLAG_ID)).fetchOptional(FLAG.VALUE);
    }
}
