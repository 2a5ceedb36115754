package millrace.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where backups are kept: a folder of this machine or, as {@code s3://bucket/prefix}, a part of a bucket. */
public sealed interface BackupLocation {
    /** The bucket's backups when only the bucket is named. */
    String STANDARD_PREFIX = "backups";

    record Folder(Path path) implements BackupLocation {}

    /** @param prefix of the keys, without a slash at its ends; empty: none */
    record Bucket(String name, String prefix) implements BackupLocation {
        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,62}");

        /**
         * Of {@code s3://bucket/key}; empty for a text that does not begin so.
         *
         * @throws IllegalArgumentException when it begins so, but names no bucket
         */
        public static Optional<Bucket> parsed(String text) {
            if (!text.regionMatches(true, 0, "s3://", 0, 5)) {
                return Optional.empty();
            }
            var parts = text.substring(5).split("/", 2);
            if (!NAME.matcher(parts[0]).matches()) {
                throw new IllegalArgumentException("names no bucket");
            }
            return Optional.of(new Bucket(parts[0], parts.length == 1 ? "" : parts[1].replaceAll("^/+|/+$", "")));
        }
    }

    /** @throws IllegalArgumentException when it is neither */
    static BackupLocation of(String text, Path workingDirectory) {
        var bucket = Bucket.parsed(text);
        if (bucket.isPresent()) {
            return bucket.get();
        }
        if (text.contains("://") || text.contains("\0")) {
            throw new IllegalArgumentException("neither a folder nor s3://bucket/prefix");
        }
        return new Folder(workingDirectory.toAbsolutePath().resolve(text));
    }
}
