package millrace.instance;

import java.util.List;
import millrace.config.BadSettings;
import millrace.database.Database;

/**
 * Whether the keys of this process are those that the database was used with: with other ones, stored secrets can't be
 * read. Only a fingerprint of the key is kept.
 */
public final class KeyCheck {
    private final Database database;
    private final FingerprintStore fingerprints = new FingerprintStore();

    public KeyCheck(Database database) {
        this.database = database;
    }

    /** Whether keys that are missing now would be missed: somebody has signed up, or a key was used. */
    public boolean used() {
        return database.read(tx -> fingerprints.find(tx).isPresent() || fingerprints.anybodySignedUp(tx));
    }

    /**
     * Keeps the fingerprint of the first key.
     *
     * @throws BadSettings when the database was used with another key
     */
    public void remember(String fingerprint) {
        var first = database.transaction(tx -> {
            fingerprints.keepFirst(tx, fingerprint);
            return fingerprints.find(tx);
        });
        if (first.isPresent() && !first.get().equals(fingerprint)) {
            throw new BadSettings(List.of("AP_ENCRYPTION_KEY: the database at " + database.place()
                    + " was used with another key; set that one, or its secrets can't be read"));
        }
    }
}
