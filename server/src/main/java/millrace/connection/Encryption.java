package millrace.connection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import millrace.config.Secret;
import millrace.engine.Json;

/**
 * Encrypts values at rest: AES-256-GCM, {@code {iv, data, authTag}} in hex. Values of older releases, AES-256-CBC
 * without {@code authTag}, stay readable. The key is the 32 characters of the setting as bytes (reference/data-model
 * §6, with its test vectors). Safe for many threads.
 */
public final class Encryption {
    private static final HexFormat HEX = HexFormat.of();
    private static final int TAG_BYTES = 16;
    private static final int IV_BYTES = 12;

    private final SecretKeySpec key;
    private final RandomGenerator random;

    /** @param random cryptographically strong */
    public Encryption(Secret key, RandomGenerator random) {
        this.key = new SecretKeySpec(key.value().getBytes(StandardCharsets.ISO_8859_1), "AES");
        this.random = random;
    }

    public ObjectNode encrypt(JsonNode value) {
        var iv = new byte[IV_BYTES];
        random.nextBytes(iv);
        return encrypt(Json.bytes(value), iv);
    }

    ObjectNode encrypt(byte[] plain, byte[] iv) {
        try {
            var cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(TAG_BYTES * 8, iv));
            var encrypted = cipher.doFinal(plain);
            var dataEnd = encrypted.length - TAG_BYTES;
            return Json.object()
                    .put("iv", HEX.formatHex(iv))
                    .put("data", HEX.formatHex(encrypted, 0, dataEnd))
                    .put("authTag", HEX.formatHex(encrypted, dataEnd, encrypted.length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a value could not be encrypted", e);
        }
    }

    /** @throws IllegalStateException when the value was encrypted with another key, or was changed */
    public JsonNode decrypt(JsonNode encrypted) {
        try {
            var iv = HEX.parseHex(encrypted.path("iv").asText());
            var data = encrypted.path("data").asText();
            if (encrypted.path("authTag").isTextual()) {
                var cipher = Cipher.getInstance("AES/GCM/NoPadding");
                cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(TAG_BYTES * 8, iv));
                return Json.read(cipher.doFinal(
                        HEX.parseHex(data + encrypted.path("authTag").textValue())));
            }
            var cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
            cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(iv));
            return Json.read(cipher.doFinal(HEX.parseHex(data)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalStateException("an encrypted value can't be read with this AP_ENCRYPTION_KEY", e);
        }
    }
}
