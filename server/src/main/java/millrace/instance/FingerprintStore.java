package millrace.instance;

import static millrace.schema.Tables.FLAG;
import static millrace.schema.Tables.USER_IDENTITY;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Optional;
import millrace.database.Tx;

/** The fingerprint of the key with which the database was used first, kept among the flags. */
final class FingerprintStore {
    private static final String FLAG_ID = "ENCRYPTION_KEY_FINGERPRINT";

    Optional<String> find(Tx tx) {
        return tx.sql()
                .select(FLAG.VALUE)
                .from(FLAG)
                .where(FLAG.ID.eq(FLAG_ID))
                .fetchOptional(FLAG.VALUE)
                .map(JsonNode::asText);
    }

    void keepFirst(Tx tx, String fingerprint) {
        tx.sql()
                .insertInto(FLAG, FLAG.ID, FLAG.VALUE)
                .values(FLAG_ID, TextNode.valueOf(fingerprint))
                .onConflictDoNothing()
                .execute();
    }

    /** Whether anybody has signed up: then secrets may be stored that only the first key opens. */
    boolean anybodySignedUp(Tx tx) {
        return tx.sql().fetchExists(USER_IDENTITY);
    }
}
