package millrace.identity;

import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_IDENTITY;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import millrace.database.Tx;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** The SQL of people's credentials. They belong to no tenant. */
final class IdentityStore {
    /** What decides whether a session goes on. */
    record State(
            UserStatus status, boolean verified, @Nullable String tokenVersion) {}

    /** False when somebody has this address already. */
    boolean insert(Tx tx, Identity identity) {
        return tx.sql()
                        .insertInto(USER_IDENTITY)
                        .set(USER_IDENTITY.ID, identity.id())
                        .set(USER_IDENTITY.CREATED, identity.created())
                        .set(USER_IDENTITY.UPDATED, identity.created())
                        .set(USER_IDENTITY.EMAIL, identity.email())
                        .set(USER_IDENTITY.PASSWORD, identity.password())
                        .set(USER_IDENTITY.FIRST_NAME, identity.firstName())
                        .set(USER_IDENTITY.LAST_NAME, identity.lastName())
                        .set(USER_IDENTITY.TRACK_EVENTS, identity.trackEvents())
                        .set(USER_IDENTITY.NEWS_LETTER, identity.newsLetter())
                        .set(USER_IDENTITY.VERIFIED, identity.verified())
                        .set(USER_IDENTITY.TOKEN_VERSION, identity.tokenVersion())
                        .set(USER_IDENTITY.PROVIDER, "EMAIL")
                        .set(USER_IDENTITY.LAST_LOGGED_IN_PLATFORM_ID, identity.lastLoggedInPlatformId())
                        .onConflict(USER_IDENTITY.EMAIL)
                        .doNothing()
                        .execute()
                == 1;
    }

    Optional<Identity> findByEmail(Tx tx, String email) {
        return tx.sql()
                .selectFrom(USER_IDENTITY)
                .where(USER_IDENTITY.EMAIL.eq(email))
                .fetchOptional(IdentityStore::fromRow);
    }

    Optional<Identity> findByUser(Tx tx, String userId) {
        return tx.sql()
                .select(USER_IDENTITY.fields())
                .from(USER_IDENTITY.join(USER).on(USER.IDENTITY_ID.eq(USER_IDENTITY.ID)))
                .where(USER.ID.eq(userId))
                .fetchOptional(IdentityStore::fromRow);
    }

    Optional<State> state(Tx tx, String userId, String platformId) {
        return tx.sql()
                .select(USER.STATUS, USER_IDENTITY.VERIFIED, USER_IDENTITY.TOKEN_VERSION)
                .from(USER.join(USER_IDENTITY).on(USER_IDENTITY.ID.eq(USER.IDENTITY_ID)))
                .where(USER.ID.eq(userId), USER.PLATFORM_ID.eq(platformId))
                .fetchOptional(row -> new State(UserStatus.valueOf(row.value1()), row.value2(), row.value3()));
    }

    /** The platform that is opened at the next sign-in. */
    void remember(Tx tx, String identityId, String platformId, Instant now) {
        tx.sql()
                .update(USER_IDENTITY)
                .set(USER_IDENTITY.LAST_LOGGED_IN_PLATFORM_ID, platformId)
                .set(USER_IDENTITY.UPDATED, now)
                .where(USER_IDENTITY.ID.eq(identityId))
                .execute();
    }

    private static Identity fromRow(Record row) {
        return new Identity(
                row.get(USER_IDENTITY.ID),
                row.get(USER_IDENTITY.CREATED),
                row.get(USER_IDENTITY.EMAIL),
                row.get(USER_IDENTITY.PASSWORD),
                row.get(USER_IDENTITY.FIRST_NAME),
                row.get(USER_IDENTITY.LAST_NAME),
                Objects.requireNonNullElse(row.get(USER_IDENTITY.TRACK_EVENTS), false),
                Objects.requireNonNullElse(row.get(USER_IDENTITY.NEWS_LETTER), false),
                row.get(USER_IDENTITY.VERIFIED),
                row.get(USER_IDENTITY.TOKEN_VERSION),
                row.get(USER_IDENTITY.LAST_LOGGED_IN_PLATFORM_ID));
    }
}
