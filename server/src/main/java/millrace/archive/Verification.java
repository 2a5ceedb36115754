package millrace.archive;

import java.time.LocalDate;
import java.util.TreeSet;
import millrace.database.Direct;
import millrace.database.Partitions;
import millrace.database.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/** Sees that an archive is whole and restores. */
public final class Verification {
    private Verification() {}

    /** @param keyChecked whether there was a key to compare the archive's with */
    public record Verified(int tables, long rows, long bytes, String checksum, boolean keyChecked) {}

    /**
     * Reads every byte, restores into a database that has no name and goes with this process, compares counts and
     * checksums of all tables, and checks the foreign keys.
     *
     * @param fingerprint of the key that is set here; null when none is
     * @throws ArchiveRefusal saying what is wrong
     */
    public static Verified verify(ArchivePlace place, @Nullable String fingerprint) {
        return Background.call("verification", () -> verified(place, fingerprint));
    }

    private static Verified verified(ArchivePlace place, @Nullable String fingerprint) {
        try (var archive = new ArchiveReader(place);
                var scratch = Direct.scratch()) {
            check(place, archive.manifest(), fingerprint);
            var contents = new LoadStore(scratch).load(archive, new TreeSet<>());
            return new Verified(
                    contents.tables().size(),
                    contents.rows(),
                    contents.bytes(),
                    contents.checksum(),
                    fingerprint != null && archive.manifest().keyFingerprint() != null);
        }
    }

    static void check(ArchivePlace place, Manifest manifest, @Nullable String fingerprint) {
        var unknown = SchemaBuilder.unknown(manifest.schema());
        if (!unknown.isEmpty()) {
            throw new ArchiveRefusal("the archive " + place + " has migration " + unknown.getLast()
                    + ", which this program does not know (its newest is " + SchemaBuilder.newest()
                    + "): use Millrace " + manifest.program() + ", which wrote it, or a newer one");
        }
        var needed = manifest.keyFingerprint();
        if (fingerprint != null && needed != null && !fingerprint.equals(needed)) {
            throw new ArchiveRefusal(
                    "AP_ENCRYPTION_KEY: the archive " + place + " was made with another key (fingerprint " + needed
                            + ", here " + fingerprint + "): set the key of its source, or its secrets can't be read");
        }
    }

    /** Reads every byte of the archive. @return the days to which its runs belong */
    static TreeSet<LocalDate> days(ArchivePlace place, @Nullable String fingerprint) {
        try (var archive = new ArchiveReader(place)) {
            check(place, archive.manifest(), fingerprint);
            var days = new RunDays();
            archive.readAll(days);
            return days.found;
        }
    }

    private static final class RunDays implements ArchiveReader.Rows {
        private final TreeSet<LocalDate> found = new TreeSet<>();
        private int id = -1;
        private String last = "";

        @Override
        public void begin(TableShape table) {
            id = table.name().equals("flow_run") ? table.indexOf("id") : -1;
        }

        @Override
        public void row(@Nullable Object[] row) {
            if (id >= 0 && row[id] instanceof byte[] bytes && bytes.length > 5) {
                var prefix = new String(bytes, 0, 5, java.nio.charset.StandardCharsets.ISO_8859_1);
                if (!prefix.equals(last)) {
                    last = prefix;
                    Partitions.dayOf(prefix).ifPresent(found::add);
                }
            }
        }

        @Override
        public void end() {}
    }
}
