package millrace.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.EnumMap;
import java.util.Map;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import millrace.access.PrincipalType;
import millrace.config.Secret;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;

/**
 * Makes and reads the tokens of principals: JWT, HS256. Each kind has its own audience and its own key, derived from the
 * one secret, so that a token of one kind is none of another whatever its claims say.
 */
public final class Tokens {
    private static final Duration USER_LIFE = Duration.ofDays(7);
    private static final Duration MACHINE_LIFE = Duration.ofDays(36_500);
    private static final int KEY_BYTES = 32;

    private final InstantSource clock;
    private final Map<PrincipalType, byte[]> keys = new EnumMap<>(PrincipalType.class);

    public Tokens(Secret jwtSecret, InstantSource clock) {
        this.clock = clock;
        for (var type : PrincipalType.values()) {
            if (type != PrincipalType.SERVICE && type != PrincipalType.UNKNOWN) {
                keys.put(type, derive(jwtSecret, audience(type)));
            }
        }
    }

    /** What a valid token says. */
    record Claims(
            PrincipalType type,
            String id,
            String platformId,
            @Nullable String projectId,
            @Nullable String tokenVersion) {}

    /** A session of seven days. */
    String user(String userId, String platformId, @Nullable String tokenVersion) {
        return sign(new Claims(PrincipalType.USER, userId, platformId, null, tokenVersion), USER_LIFE);
    }

    /** For code that runs on behalf of a project. */
    public String engine(String id, String platformId, String projectId) {
        return sign(new Claims(PrincipalType.ENGINE, id, platformId, projectId, null), MACHINE_LIFE);
    }

    /** @throws MillraceException INVALID_BEARER_TOKEN for anything but a valid token of ours */
    Claims read(String token) {
        try {
            var jwt = SignedJWT.parse(token);
            var claims = jwt.getJWTClaimsSet();
            var type = type(claims.getStringClaim("type"));
            var key = keys.get(type);
            // The algorithm is fixed: "none" and others never reach a verifier.
            if (key == null
                    || !JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm())
                    || !jwt.verify(new MACVerifier(key))
                    || !claims.getAudience().equals(java.util.List.of(audience(type)))
                    || expired(claims.getExpirationTime())) {
                throw invalid();
            }
            return claims(type, claims);
        } catch (ParseException | JOSEException | IllegalArgumentException e) {
            throw invalid();
        }
    }

    private static Claims claims(PrincipalType type, JWTClaimsSet claims) throws ParseException {
        var id = claims.getStringClaim("id");
        var platform = claims.getJSONObjectClaim("platform");
        if (id == null) {
            throw invalid();
        }
        return new Claims(
                type,
                id,
                platform != null && platform.get("id") instanceof String platformId ? platformId : "",
                claims.getStringClaim("projectId"),
                claims.getStringClaim("tokenVersion"));
    }

    private boolean expired(@Nullable Date expiry) {
        return expiry == null || !clock.instant().isBefore(expiry.toInstant());
    }

    private String sign(Claims claims, Duration life) {
        Instant now = clock.instant();
        var key = keys.get(claims.type());
        if (key == null) {
            throw new IllegalStateException("no tokens for " + claims.type());
        }
        var set = new JWTClaimsSet.Builder()
                .claim("id", claims.id())
                .claim("type", claims.type().name())
                .claim("projectId", claims.projectId())
                .claim("platform", Map.of("id", claims.platformId()))
                .claim("tokenVersion", claims.tokenVersion())
                .audience(audience(claims.type()))
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(life)))
                .build();
        try {
            var jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), set);
            jwt.sign(new MACSigner(key));
            return jwt.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("a token could not be signed", e);
        }
    }

    private static PrincipalType type(@Nullable String name) {
        if (name == null) {
            throw invalid();
        }
        return PrincipalType.valueOf(name);
    }

    private static String audience(PrincipalType type) {
        return "millrace:" + type.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static MillraceException invalid() {
        return MillraceException.of(ErrorCode.INVALID_BEARER_TOKEN, "The token is not valid");
    }

    private static byte[] derive(Secret secret, String purpose) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(secret.value().getBytes(StandardCharsets.UTF_8))
                            .thenExpand(purpose.getBytes(StandardCharsets.UTF_8), KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is missing", e);
        }
    }
}
