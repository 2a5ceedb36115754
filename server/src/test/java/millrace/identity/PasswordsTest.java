package millrace.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.Test;

class PasswordsTest {
    private final Passwords passwords = new Passwords(new Random(1));

    @Test
    void a_password_matches_its_own_hash_only() {
        var hash = passwords.hash("Correct-horse-9 \u00e9");

        assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
        assertThat(passwords.matches("Correct-horse-9 \u00e9", hash)).isTrue();
        assertThat(passwords.matches("correct-horse-9 \u00e9", hash)).isFalse();
        assertThat(passwords.hash("Correct-horse-9 \u00e9")).isNotEqualTo(hash);
    }

    @Test
    void bcrypt_of_imported_databases_is_checked() {
        var hash = OpenBSDBCrypt.generate("2b", "secret password".toCharArray(), new byte[16], 4);

        assertThat(passwords.matches("secret password", hash)).isTrue();
        assertThat(passwords.matches("another", hash)).isFalse();
    }

    @Test
    void nobody_has_no_password_and_it_costs_the_same_to_say_so() {
        var hash = passwords.hash("Correct-horse-9");
        passwords.matches("warm", hash);

        long known = shortest(hash);
        long unknown = shortest(null);

        assertThat(passwords.matches("anything", null)).isFalse();
        assertThat(passwords.matches("anything", "broken hash")).isFalse();
        // Both make one Argon2 hash of the same size; without that, nobody's answer would come 1,000 times sooner.
        assertThat(unknown).isBetween(known / 3, known * 3);
    }

    private long shortest(@org.jspecify.annotations.Nullable String hash) {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < 7; i++) {
            long began = System.nanoTime();
            passwords.matches("some password", hash);
            shortest = Math.min(shortest, System.nanoTime() - began);
        }
        return shortest;
    }
}
