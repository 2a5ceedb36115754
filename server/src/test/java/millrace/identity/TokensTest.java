package millrace.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import millrace.access.PrincipalType;
import millrace.config.Secret;
import millrace.engine.MillraceException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokensTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final Tokens tokens = at(NOW);

    private static Tokens at(Instant moment) {
        return new Tokens(new Secret("secret"), InstantSource.fixed(moment));
    }

    @Test
    void what_was_signed_is_read() {
        var claims = tokens.read(tokens.user("user", "platform", "version"));

        assertThat(claims).isEqualTo(new Tokens.Claims(PrincipalType.USER, "user", "platform", null, "version"));
        assertThat(tokens.read(tokens.engine("run", "platform", "project")).projectId())
                .isEqualTo("project");
    }

    @Test
    void a_token_ends_after_seven_days() {
        var token = tokens.user("user", "platform", null);

        assertThat(at(NOW.plus(Duration.ofDays(7)).minusSeconds(1)).read(token).id())
                .isEqualTo("user");
        assertRefused(at(NOW.plus(Duration.ofDays(7))), token);
    }

    @Test
    void a_token_of_another_secret_is_refused() {
        assertRefused(new Tokens(new Secret("other"), InstantSource.fixed(NOW)), tokens.user("user", "platform", null));
    }

    @Test
    void changed_claims_are_refused() {
        var parts = tokens.user("user", "platform", null).split("\\.");
        var claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);

        assertRefused(tokens, parts[0] + "." + encode(claims.replace("\"user\"", "\"eve\"")) + "." + parts[2]);
        assertRefused(tokens, parts[0] + "." + encode(claims.replace("USER", "ENGINE")) + "." + parts[2]);
        assertRefused(tokens, encode("{\"alg\":\"none\",\"typ\":\"JWT\"}") + "." + parts[1] + ".");
        assertRefused(tokens, encode("{\"alg\":\"HS512\",\"typ\":\"JWT\"}") + "." + parts[1] + "." + parts[2]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ".", "..", "invalid-access-token", "a.b.c", "e30.e30.e30", "eyJhbGciOiJIUzI1NiJ9.bnVsbA.x"})
    void what_is_no_token_is_refused(String text) {
        assertRefused(tokens, text);
    }

    private static void assertRefused(Tokens tokens, String token) {
        assertThatThrownBy(() -> tokens.read(token))
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("INVALID_BEARER_TOKEN");
    }

    private static String encode(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
