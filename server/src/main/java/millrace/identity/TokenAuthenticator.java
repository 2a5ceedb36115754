package millrace.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import millrace.access.Principal;
import millrace.access.Recent;
import millrace.database.Database;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.http.Authenticator;
import org.jspecify.annotations.Nullable;

/**
 * Tells who holds a token. Whether the user still may come in, and whether an API key is still there, comes from answers
 * that are at most one second old.
 */
public final class TokenAuthenticator implements Authenticator {
    private static final String KEY_PREFIX = "sk-";
    private static final int MAX_TOKEN = 8_192;

    private final Database database;
    private final Tokens tokens;
    private final IdentityStore identities = new IdentityStore();
    private final ApiKeyStore keys = new ApiKeyStore();
    private final Recent<Member, IdentityStore.State> states = new Recent<>();
    private final Recent<String, Principal> principalsOfKeys = new Recent<>();

    public TokenAuthenticator(Database database, Tokens tokens) {
        this.database = database;
        this.tokens = tokens;
    }

    @Override
    public Principal authenticate(String token) {
        if (token.length() > MAX_TOKEN) {
            throw MillraceException.of(ErrorCode.INVALID_BEARER_TOKEN, "The token is not valid");
        }
        return token.startsWith(KEY_PREFIX) ? ofKey(token) : ofToken(token);
    }

    /** A user or key of this process has changed: the next question is asked anew. */
    public void forget() {
        states.forget();
        principalsOfKeys.forget();
    }

    private Principal ofKey(String key) {
        var principal = principalsOfKeys.get(sha256(key), this::loadKey);
        if (principal == null) {
            throw MillraceException.of(ErrorCode.AUTHENTICATION, "The API key is not valid");
        }
        return principal;
    }

    private Principal ofToken(String token) {
        var claims = tokens.read(token);
        return switch (claims.type()) {
            case USER -> ofUser(claims);
            case ENGINE ->
                Principal.engine(claims.id(), claims.platformId(), Objects.requireNonNullElse(claims.projectId(), ""));
            case WORKER, ONBOARDING, SERVICE, UNKNOWN ->
                new Principal(claims.type(), claims.id(), claims.platformId(), claims.projectId());
        };
    }

    private Principal ofUser(Tokens.Claims claims) {
        var state = states.get(new Member(claims.id(), claims.platformId()), this::loadState);
        boolean welcome = state != null
                && state.status() == UserStatus.ACTIVE
                && state.verified()
                && Objects.equals(state.tokenVersion(), claims.tokenVersion());
        if (!welcome) {
            throw MillraceException.of(ErrorCode.SESSION_EXPIRED, "The session has expired");
        }
        return Principal.user(claims.id(), claims.platformId());
    }

    private IdentityStore.@Nullable State loadState(Member member) {
        return database.read(tx -> identities.state(tx, member.userId(), member.platformId()))
                .orElse(null);
    }

    private @Nullable Principal loadKey(String hash) {
        return database.read(tx -> keys.principal(tx, hash)).orElse(null);
    }

    static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing", e);
        }
    }

    private record Member(String userId, String platformId) {}
}
