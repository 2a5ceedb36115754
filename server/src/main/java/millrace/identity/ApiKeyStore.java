package millrace.identity;

import static millrace.schema.Tables.API_KEY;

import java.util.Optional;
import millrace.access.Principal;
import millrace.database.Tx;

/** The SQL of API keys. */
final class ApiKeyStore {
    /** The principal of a key, by the SHA-256 of the whole key; it is what decides the scope, so it takes none. */
    Optional<Principal> principal(Tx tx, String hash) {
        return tx.sql()
                .select(API_KEY.ID, API_KEY.PLATFORM_ID)
                .from(API_KEY)
                .where(API_KEY.HASHED_VALUE.eq(hash))
                .fetchOptional(row -> Principal.service(row.value1(), row.value2()));
    }
}
