package millrace.connection;

import com.fasterxml.jackson.databind.JsonNode;
import millrace.database.Database;
import millrace.expression.ReferenceFailure;
import org.jspecify.annotations.Nullable;

/** Gives runs the values of their project's connections and variables. */
public final class ConnectionService {
    private final Database database;
    private final Encryption encryption;
    private final ConnectionStore connections = new ConnectionStore();

    public ConnectionService(Database database, Encryption encryption) {
        this.database = database;
        this.encryption = encryption;
    }

    /**
     * The decrypted value of a connection of the project.
     *
     * @throws ReferenceFailure ConnectionNotFound, or ConnectionExpired when it must be connected again
     */
    public JsonNode value(String projectId, String externalId) {
        var row = database.read(tx -> connections.find(tx, projectId, externalId))
                .orElseThrow(() -> ReferenceFailure.connectionNotFound(externalId));
        // MISSING: a clone of the database has no values.
        if ("ERROR".equals(row.status()) || "MISSING".equals(row.status())) {
            throw new ReferenceFailure("ConnectionExpired", "connection (" + externalId + ") expired, reconnect again");
        }
        return encryption.decrypt(row.value());
    }

    /** The text of a variable of the project; null when there is none. */
    public @Nullable JsonNode variable(String projectId, String name) {
        return database.read(tx -> connections.findVariable(tx, projectId, name))
                .map(row -> encryption.decrypt(row).path("secret_text"))
                .orElse(null);
    }
}
