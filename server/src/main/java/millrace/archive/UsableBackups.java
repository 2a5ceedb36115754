package millrace.archive;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import millrace.archive.BackupRecord.Status;
import millrace.config.BadSettings;

/** Tells which backups of the list could be restored: that were verified and are still as they were. Safe for all threads. */
final class UsableBackups {
    private final ArchivePlaces places;
    /** What lies at an address and was found to be as it was. */
    private final Map<String, String> sound = new ConcurrentHashMap<>();

    UsableBackups(ArchivePlaces places) {
        this.places = places;
    }

    /** When it was written to since it was verified, every byte is read again. */
    boolean test(BackupRecord backup) {
        var location = backup.location();
        if (backup.status() != Status.VERIFIED || location == null) {
            return false;
        }
        try {
            var place = places.named(location, Path.of("/"));
            var version = place.version().orElse(null);
            if (version == null) {
                return false;
            }
            if (version.equals(backup.version()) || version.equals(sound.get(location))) {
                return true;
            }
            try (var archive = new ArchiveReader(place)) {
                if (!archive.checksum().equals(backup.checksum())) {
                    return false;
                }
            }
            sound.put(location, version);
            return true;
        } catch (ArchiveRefusal | BadSettings e) {
            return false;
        }
    }
}
