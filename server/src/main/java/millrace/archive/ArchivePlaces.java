package millrace.archive;

import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import millrace.config.BackupLocation;
import millrace.config.BackupLocation.Bucket;
import millrace.config.BackupLocation.Folder;
import millrace.config.BadSettings;
import millrace.config.S3Settings;
import millrace.config.Settings;

/** Finds the places that people and settings name. Nothing of S3 is loaded before one is in a bucket. */
public final class ArchivePlaces {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    private final BackupLocation standard;
    private final S3Settings s3;
    private final InstantSource clock;

    public ArchivePlaces(Settings settings, InstantSource clock) {
        this.standard = settings.backups().location();
        this.s3 = settings.s3();
        this.clock = clock;
    }

    /** A file of this machine. */
    public static ArchivePlace file(Path path) {
        return new FilePlace(path);
    }

    /**
     * The archive that a person or a row names: {@code s3://bucket/key} or a path.
     *
     * @throws BadSettings when the settings of S3 are not enough for it
     */
    public ArchivePlace named(String text, Path workingDirectory) {
        try {
            return Bucket.parsed(text)
                    .<ArchivePlace>map(bucket -> {
                        if (bucket.prefix().isEmpty()) {
                            throw new IllegalArgumentException("names no key");
                        }
                        return new ObjectPlace(s3.required(), bucket.name(), bucket.prefix());
                    })
                    .orElseGet(() -> new FilePlace(workingDirectory.resolve(text)));
        } catch (IllegalArgumentException e) {
            throw new ArchiveRefusal("\"" + text + "\" names no archive: write a path or s3://bucket/key", e);
        }
    }

    /** {@code millrace-<time>.millrace} where the server's backups go. */
    public ArchivePlace next() {
        return next("");
    }

    /** The same with something after the time. */
    ArchivePlace next(String suffix) {
        return nextIn(standard, suffix);
    }

    /** The same in the bucket of the settings, whatever the location of the server's backups. */
    public ArchivePlace nextInBucket() {
        if (standard instanceof Bucket) {
            return next();
        }
        var bucket = s3.bucket();
        if (bucket == null) {
            throw new BadSettings(
                    List.of("AP_S3_BUCKET: is needed for --s3, or AP_BACKUP_LOCATION=s3://bucket/prefix"));
        }
        return nextIn(new Bucket(bucket, BackupLocation.STANDARD_PREFIX), "");
    }

    private ArchivePlace nextIn(BackupLocation location, String suffix) {
        var name = "millrace-" + STAMP.format(clock.instant()) + suffix + ".millrace";
        return switch (location) {
            case Folder folder -> new FilePlace(folder.path().resolve(name));
            case Bucket bucket ->
                new ObjectPlace(
                        s3.required(), bucket.name(), bucket.prefix().isEmpty() ? name : bucket.prefix() + "/" + name);
        };
    }
}
