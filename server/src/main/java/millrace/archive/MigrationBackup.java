package millrace.archive;

import java.io.IOException;
import java.util.function.Supplier;
import millrace.config.DatabaseSettings;
import millrace.database.Direct;
import millrace.database.Safeguard;

/**
 * Keeps the database where its backups are, in their list, and verifies the copy, before a change set drops or rewrites
 * rows.
 */
public final class MigrationBackup implements Safeguard {
    private final Backup backup;
    private final DatabaseSettings database;
    private final ArchivePlaces places;
    private final Supplier<String> ids;

    public MigrationBackup(Backup backup, DatabaseSettings database, ArchivePlaces places, Supplier<String> ids) {
        this.backup = backup;
        this.database = database;
        this.places = places;
        this.ids = ids;
    }

    /** @throws ArchiveRefusal when it can't be written or does not verify; then nothing of it is left */
    @Override
    public String keep(String changeSet, Direct connection) {
        var place = places.next("-before-" + changeSet);
        try (var list = BackupLog.through(connection)) {
            list.recordVerified(ids.get(), place, () -> verified(place));
        }
        return place.toString();
    }

    private Backup.Made verified(ArchivePlace place) {
        var made = backup.make(database, place);
        try {
            Verification.verify(place, null);
            return made;
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
