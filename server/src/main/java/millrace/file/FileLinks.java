package millrace.file;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import millrace.config.Secret;

/**
 * Tokens that open one file each. Audience and key are their own (design §10): no other token opens a file, and none of
 * these opens anything else.
 */
final class FileLinks {
    private static final String AUDIENCE = "millrace-file";

    private final byte[] key;
    private final InstantSource clock;
    private final Duration lifetime;

    FileLinks(Secret jwtSecret, InstantSource clock, Duration lifetime) {
        this.key = derived(jwtSecret);
        this.clock = clock;
        this.lifetime = lifetime;
    }

    String token(String fileId) {
        var now = clock.instant();
        var claims = new JWTClaimsSet.Builder()
                .audience(AUDIENCE)
                .claim("fileId", fileId)
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(lifetime)))
                .build();
        try {
            var token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
            token.sign(new MACSigner(key));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("a file link could not be signed", e);
        }
    }

    /** The file that a token names; empty when we did not sign it for a file, or its time is over. */
    Optional<String> findFileId(String token) {
        try {
            var jwt = SignedJWT.parse(token);
            var claims = jwt.getJWTClaimsSet();
            var expires = claims.getExpirationTime();
            var valid = JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm())
                    && jwt.verify(new MACVerifier(key))
                    && List.of(AUDIENCE).equals(claims.getAudience())
                    && expires != null
                    && clock.instant().isBefore(expires.toInstant());
            return valid ? Optional.ofNullable(claims.getStringClaim("fileId")) : Optional.empty();
        } catch (ParseException | JOSEException | IllegalStateException noToken) {
            return Optional.empty();
        }
    }

    private static byte[] derived(Secret secret) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.value().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return mac.doFinal(AUDIENCE.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e);
        }
    }
}
