package millrace.archive;

import java.io.IOException;
import millrace.config.DatabaseSettings;
import millrace.database.Safeguard;

/** Keeps the database where its backups are, and verifies the copy, before a change set drops or rewrites rows. */
public final class MigrationBackup implements Safeguard {
    private final Backup backup;
    private final DatabaseSettings database;
    private final ArchivePlaces places;

    public MigrationBackup(Backup backup, DatabaseSettings database, ArchivePlaces places) {
        this.backup = backup;
        this.database = database;
        this.places = places;
    }

    /** @throws ArchiveRefusal when it can't be written or does not verify; then nothing of it is left */
    @Override
    public String keep(String changeSet) {
        var place = places.next("-before-" + changeSet);
        backup.make(database, place);
        try {
            Verification.verify(place, null);
            return place.toString();
        } catch (RuntimeException e) {
            remove(place);
            throw e;
        }
    }

    private static void remove(ArchivePlace place) {
        try {
            place.remove();
        } catch (IOException e) {
            throw place.refusal("the backup " + place + " does not verify and can't be removed", e);
        }
    }
}
