package millrace.identity;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import millrace.access.PlatformRole;
import millrace.access.Principal;
import millrace.database.Database;
import millrace.database.Ids;
import millrace.database.Tx;
import millrace.engine.ErrorCode;
import millrace.engine.MillraceException;
import millrace.http.Cursor;
import millrace.http.PageRequest;
import millrace.http.SeekPage;
import millrace.project.ProjectService;
import org.jspecify.annotations.Nullable;

/** Signing up and in, and the users of a platform. */
public final class IdentityService {
    private final Database database;
    private final ProjectService projects;
    private final Passwords passwords;
    private final Tokens tokens;
    private final Ids ids;
    private final InstantSource clock;
    private final IdentityStore identities = new IdentityStore();
    private final UserStore users = new UserStore();

    public IdentityService(
            Database database,
            ProjectService projects,
            Passwords passwords,
            Tokens tokens,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        this.projects = projects;
        this.passwords = passwords;
        this.tokens = tokens;
        this.ids = ids;
        this.clock = clock;
    }

    /** Whether somebody has signed up. */
    public boolean userCreated() {
        return database.read(projects::anyPlatform);
    }

    /**
     * The first sign-up makes the platform and its owner; of several at once exactly one is the first.
     *
     * @throws MillraceException EXISTING_USER; INVITATION_ONLY_SIGN_UP for everybody after the first
     */
    Session signUp(SignUp request) {
        var email = normal(request.email());
        database.read(tx -> {
            refuseKnownOrUninvited(tx, email);
            return Boolean.TRUE;
        });
        // Outside the transaction: hashing takes tens of milliseconds, and on SQLite all writers would wait for it.
        var password = passwords.hash(request.password());
        var now = now();
        return database.transaction(tx -> {
            users.lockFirstSignUp(tx, now);
            refuseKnownOrUninvited(tx, email);
            return firstSignUp(tx, request, email, password, now);
        });
    }

    /**
     * @throws MillraceException INVALID_CREDENTIALS, the same after the same time for unknown addresses;
     *     EMAIL_IS_NOT_VERIFIED, USER_IS_INACTIVE, EMAIL_AUTH_DISABLED, DOMAIN_NOT_ALLOWED
     */
    Session signIn(SignIn request) {
        var email = normal(request.email());
        var identity = database.read(tx -> identities.findByEmail(tx, email)).orElse(null);
        if (!passwords.matches(request.password(), identity == null ? null : identity.password()) || identity == null) {
            throw MillraceException.withoutParams(ErrorCode.INVALID_CREDENTIALS);
        }
        if (!identity.verified()) {
            throw refusal(ErrorCode.EMAIL_IS_NOT_VERIFIED, email);
        }
        var now = now();
        return database.transaction(tx -> {
            var user = place(users.ofIdentity(tx, identity.id()), identity.lastLoggedInPlatformId());
            if (user.status() == UserStatus.INACTIVE) {
                throw refusal(ErrorCode.USER_IS_INACTIVE, email);
            }
            var platformId = Objects.requireNonNull(user.platformId());
            checkPlatform(tx, platformId, email);
            identities.remember(tx, identity.id(), platformId, now);
            users.touch(tx, user.id(), now);
            return session(tx, identity, user);
        });
    }

    /** The users of the principal's platform, newest first. */
    SeekPage<User> page(Principal principal, @Nullable String externalId, PageRequest page) {
        var fetched = database.list(tx -> users.page(tx, principal.scope(), externalId, page));
        return SeekPage.of(fetched, page, user -> Cursor.Keys.of("created", user.created(), user.id()));
    }

    /** @throws MillraceException ENTITY_NOT_FOUND for users of other platforms */
    UserWithBadges get(Principal principal, String id) {
        return database.read(tx -> {
            var user = users.find(tx, principal.scope(), id).orElseThrow(() -> MillraceException.notFound("user", id));
            return UserWithBadges.of(user, users.badges(tx, id));
        });
    }

    Profile profile(Principal principal) {
        return database.read(tx -> {
            var user = users.find(tx, principal.scope(), principal.id())
                    .orElseThrow(() -> MillraceException.notFound("user", principal.id()));
            var identity = identities.findByUser(tx, user.id()).orElseThrow();
            return new Profile(
                    identity.email(),
                    identity.firstName(),
                    identity.lastName(),
                    identity.trackEvents(),
                    identity.newsLetter(),
                    user.imageUrl());
        });
    }

    private void refuseKnownOrUninvited(Tx tx, String email) {
        if (identities.findByEmail(tx, email).isPresent()) {
            throw existingUser(email);
        }
        if (projects.anyPlatform(tx)) {
            throw MillraceException.of(
                    ErrorCode.INVITATION_ONLY_SIGN_UP, "An invitation is needed to sign up on this platform");
        }
    }

    /** In this order (reference/data-model §3.1): the platform needs its owner, the owner its identity. */
    private Session firstSignUp(Tx tx, SignUp request, String email, String password, Instant now) {
        var identity = new Identity(
                ids.random(),
                now,
                email,
                password,
                request.firstName(),
                request.lastName(),
                request.trackEvents(),
                request.newsLetter(),
                true,
                ids.random(),
                null);
        if (!identities.insert(tx, identity)) {
            throw existingUser(email);
        }
        var userId = ids.random();
        users.insert(tx, userId, identity.id(), PlatformRole.ADMIN, now);
        var platformId = projects.createPlatform(tx, userId, request.firstName() + "'s Platform");
        users.setPlatform(tx, userId, platformId, now);
        identities.remember(tx, identity.id(), platformId, now);
        projects.createPersonal(tx, platformId, userId, request.firstName() + "'s Project");
        return session(tx, identity, users.ofIdentity(tx, identity.id()).getFirst());
    }

    /** The platform that was used last, else the first. */
    private static User place(List<User> places, @Nullable String lastPlatformId) {
        if (places.isEmpty()) {
            throw MillraceException.of(ErrorCode.INVITATION_ONLY_SIGN_UP, "This account belongs to no platform");
        }
        return places.stream()
                .filter(user -> Objects.equals(user.platformId(), lastPlatformId))
                .findFirst()
                .orElse(places.getFirst());
    }

    private void checkPlatform(Tx tx, String platformId, String email) {
        var platform = projects.platformOf(tx, platformId);
        if (platform == null) {
            throw new IllegalStateException("no platform " + platformId);
        }
        if (!platform.emailAuthEnabled()) {
            throw MillraceException.of(ErrorCode.EMAIL_AUTH_DISABLED);
        }
        var domain = email.substring(email.lastIndexOf('@') + 1);
        if (platform.enforceAllowedAuthDomains()
                && !platform.allowedAuthDomains().contains(domain)) {
            throw MillraceException.of(ErrorCode.DOMAIN_NOT_ALLOWED, Map.of("domain", domain));
        }
    }

    private Session session(Tx tx, Identity identity, User user) {
        var platformId = Objects.requireNonNull(user.platformId());
        return new Session(
                user.id(),
                user.platformRole(),
                user.status(),
                user.externalId(),
                platformId,
                identity.verified(),
                identity.firstName(),
                identity.lastName(),
                identity.email(),
                identity.trackEvents(),
                identity.newsLetter(),
                tokens.user(user.id(), platformId, identity.tokenVersion()),
                projects.homeOf(tx, platformId, user.id()));
    }

    private static MillraceException existingUser(String email) {
        var params = new LinkedHashMap<String, Object>();
        params.put("email", email);
        params.put("platformId", null);
        return MillraceException.of(ErrorCode.EXISTING_USER, params);
    }

    private static MillraceException refusal(ErrorCode code, String email) {
        return MillraceException.of(code, Map.of("email", email));
    }

    private static String normal(String email) {
        return email.trim().toLowerCase(Locale.ROOT);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
