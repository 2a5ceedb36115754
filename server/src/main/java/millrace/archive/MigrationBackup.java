package millrace.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import millrace.config.DatabaseSettings;
import millrace.database.Safeguard;

/** Keeps the database in the folder of backups, and verifies the copy, before a change set drops or rewrites rows. */
public final class MigrationBackup implements Safeguard {
    private final Backup backup;
    private final DatabaseSettings database;
    private final Path folder;

    public MigrationBackup(Backup backup, DatabaseSettings database, Path folder) {
        this.backup = backup;
        this.database = database;
        this.folder = folder;
    }

    /** @throws ArchiveRefusal when it can't be written or does not verify; then no file is left */
    @Override
    public Path keep(String changeSet) {
        var made = backup.make(database, backup.fileIn(folder, "-before-" + changeSet));
        try {
            Verification.verify(made.file(), null);
            return made.file();
        } catch (RuntimeException e) {
            remove(made.file());
            throw e;
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new ArchiveRefusal("the backup " + file + " does not verify and can't be removed: " + e, e);
        }
    }
}
