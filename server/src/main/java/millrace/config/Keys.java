package millrace.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The two keys of an installation. Where the operator set none, they are made once and kept in {@code
 * .millrace/keys.env}, readable by the owner alone.
 *
 * @param note what to tell the operator, without any value; null when nothing was made
 */
public record Keys(
        Secret encryptionKey, Secret jwtSecret, @Nullable String note) {
    private static final String ENCRYPTION = "AP_ENCRYPTION_KEY";
    private static final String JWT = "AP_JWT_SECRET";

    /**
     * The operator's keys, else those of the key file, else new ones.
     *
     * @param databaseUsed whether the database has been used with keys: new ones could not read what it holds
     * @throws BadSettings when a key is missing and none may be made, or the key file can't be read or written
     */
    public static Keys resolve(Settings settings, boolean databaseUsed) {
        var directory = settings.server().ownDirectory();
        var file = directory.resolve("keys.env");
        var faults = new ArrayList<String>();
        var kept = EnvFile.read(file, faults);
        if (!faults.isEmpty()) {
            throw new BadSettings(faults);
        }
        var encryption = present(settings.keys().encryptionKey(), kept.get(ENCRYPTION));
        var jwt = present(settings.keys().jwtSecret(), kept.get(JWT));
        if (encryption != null && jwt != null) {
            return new Keys(encryption, jwt, null);
        }
        var missing = new ArrayList<String>();
        if (encryption == null) {
            missing.add(ENCRYPTION);
        }
        if (jwt == null) {
            missing.add(JWT);
        }
        if (databaseUsed) {
            throw new BadSettings(missing.stream()
                    .map(name -> name + ": is missing, and the database at "
                            + settings.database().place() + " has been used with one: set it, or put back " + file)
                    .toList());
        }
        var made = new Keys(
                encryption == null ? new Secret(random(16)) : encryption,
                jwt == null ? new Secret(random(32)) : jwt,
                "generated " + String.join(" and ", missing) + " and wrote them to " + file + ": keep that file");
        return made.keep(directory, file, kept, missing);
    }

    /**
     * The fingerprint of the encryption key that is set or kept, without making one.
     *
     * @return null when there is none
     */
    public static @Nullable String fingerprintOf(Settings settings) {
        var key = present(
                settings.keys().encryptionKey(),
                EnvFile.read(file(settings), new ArrayList<>()).get(ENCRYPTION));
        return key == null ? null : new Keys(key, key, null).fingerprint();
    }

    /** Where keys are kept that the operator did not set. */
    public static Path file(Settings settings) {
        return settings.server().ownDirectory().resolve("keys.env");
    }

    /** Tells whether two keys are the same, without telling the key. */
    public String fingerprint() {
        try {
            var digest = MessageDigest.getInstance("SHA-256")
                    .digest(("millrace key " + encryptionKey.value()).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Writes the file beside and moves it in place, so that a crash leaves the old one or the new one. */
    private Keys keep(Path directory, Path file, Map<String, String> kept, List<String> missing) {
        var text =
                new StringBuilder("# Keys of this installation. Without them the database's secrets can't be read.\n");
        kept.forEach(
                (name, value) -> text.append(name).append('=').append(value).append('\n'));
        if (missing.contains(ENCRYPTION)) {
            text.append(ENCRYPTION).append('=').append(encryptionKey.value()).append('\n');
        }
        if (missing.contains(JWT)) {
            text.append(JWT).append('=').append(jwtSecret.value()).append('\n');
        }
        try {
            makeDirectory(directory);
            var beside = directory.resolve("keys.env.new");
            Files.deleteIfExists(beside);
            Files.createFile(
                    beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(beside, text);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return this;
        } catch (IOException | UncheckedIOException e) {
            throw new BadSettings(List.of(
                    "the keys can't be kept in " + file + " (" + e + "): set " + String.join(" and ", missing)));
        }
    }

    private static void makeDirectory(Path directory) throws IOException {
        var ownerOnly = PosixFilePermissions.fromString("rwx------");
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(ownerOnly));
        } catch (FileAlreadyExistsException e) {
            Files.setPosixFilePermissions(directory, ownerOnly);
        }
    }

    private static @Nullable Secret present(@Nullable Secret first, @Nullable String second) {
        if (first != null) {
            return first;
        }
        return second == null || second.isBlank() ? null : new Secret(second);
    }

    private static String random(int bytes) {
        var value = new byte[bytes];
        new SecureRandom().nextBytes(value);
        return HexFormat.of().formatHex(value);
    }
}
