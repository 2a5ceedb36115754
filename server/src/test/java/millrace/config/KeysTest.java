package millrace.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysTest {
    @TempDir
    Path directory;

    @Test
    void missing_keys_are_made_once_and_read_back() throws IOException {
        var made = Keys.resolve(Settings.load(Map.of(), directory), false);
        var again = Keys.resolve(Settings.load(Map.of(), directory), true);

        var file = directory.resolve(".millrace/keys.env");
        assertThat(made.encryptionKey().value()).hasSize(32);
        assertThat(made.note())
                .contains(file.toString())
                .doesNotContain(made.encryptionKey().value(), made.jwtSecret().value());
        assertThat(again).isEqualTo(new Keys(made.encryptionKey(), made.jwtSecret(), null));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void set_keys_win_and_only_a_missing_one_is_made() throws IOException {
        var settings = Settings.load(Map.of("AP_ENCRYPTION_KEY", "k".repeat(32)), directory);

        var keys = Keys.resolve(settings, false);

        assertThat(keys.encryptionKey().value()).isEqualTo("k".repeat(32));
        assertThat(Files.readString(directory.resolve(".millrace/keys.env")))
                .contains("AP_JWT_SECRET=" + keys.jwtSecret().value())
                .doesNotContain("AP_ENCRYPTION_KEY");
    }

    @Test
    void a_used_database_gets_no_new_keys() {
        var settings = Settings.load(Map.of("AP_POSTGRES_URL", "postgresql://u:p@h/d"), directory);

        var refused = catchThrowableOfType(BadSettings.class, () -> Keys.resolve(settings, true));

        assertThat(refused.faults()).hasSize(2);
        assertThat(refused).hasMessageContainingAll("AP_ENCRYPTION_KEY", "AP_JWT_SECRET", "h:5432/d");
        assertThat(directory.resolve(".millrace")).doesNotExist();
    }

    @Test
    void a_fingerprint_tells_keys_apart_without_telling_them() {
        var one = new Keys(new Secret("a".repeat(32)), new Secret("x"), null);
        var other = new Keys(new Secret("b".repeat(32)), new Secret("x"), null);

        assertThat(one.fingerprint()).hasSize(16).isNotEqualTo(other.fingerprint());
    }
}
