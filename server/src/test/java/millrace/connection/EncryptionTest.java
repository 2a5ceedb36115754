package millrace.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import millrace.config.Secret;
import millrace.engine.Json;
import org.junit.jupiter.api.Test;

/** The vectors of reference/data-model §6. */
class EncryptionTest {
    private static final String PLAIN = "{\"type\":\"SECRET_TEXT\",\"secret_text\":\"hello\"}";

    private final Encryption encryption =
            new Encryption(new Secret("0123456789abcdef0123456789abcdef"), RandomGenerator.of("L64X128MixRandom"));

    @Test
    void a_value_is_sealed_as_the_reference_seals_it() {
        var value = encryption.encrypt(
                PLAIN.getBytes(StandardCharsets.UTF_8), HexFormat.of().parseHex("000102030405060708090a0b"));

        assertThat(value.path("data").textValue())
                .isEqualTo("56c7cf05a97df0968a8f34fd238a855bb24d5bd31e9056f845bfc9d1cc7ad8e1"
                        + "c5df14246bdd727cfd4a9921");
        assertThat(value.path("authTag").textValue()).isEqualTo("998da58842dc809450f3898ebc7b77ee");
        assertThat(encryption.decrypt(value)).isEqualTo(Json.read(PLAIN));
    }

    @Test
    void a_value_of_an_older_release_is_readable() {
        var value = Json.object()
                .put("iv", "000102030405060708090a0b0c0d0e0f")
                .put(
                        "data",
                        "d9d3dbf485dd7b6fda7b0848e6ff9c51e334cf6e04ef69c214b2983c274e1bd9"
                                + "d1f590929962720e3c88193f9dc32c5e");

        assertThat(encryption.decrypt(value)).isEqualTo(Json.read(PLAIN));
    }

    @Test
    void another_key_reads_nothing() {
        var value = encryption.encrypt(Json.read(PLAIN));
        var other =
                new Encryption(new Secret("ffffffffffffffffffffffffffffffff"), RandomGenerator.of("L64X128MixRandom"));

        assertThatThrownBy(() -> other.decrypt(value)).hasMessageContaining("AP_ENCRYPTION_KEY");
    }
}
