package millrace.identity;

import static millrace.schema.Tables.FLAG;
import static millrace.schema.Tables.USER;
import static millrace.schema.Tables.USER_BADGE;
import static millrace.schema.Tables.USER_IDENTITY;
import static org.jooq.impl.DSL.noCondition;

import com.fasterxml.jackson.databind.node.BooleanNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import millrace.access.PlatformRole;
import millrace.access.Scope;
import millrace.database.Seek;
import millrace.database.Tx;
import millrace.http.PageRequest;
import millrace.identity.UserWithBadges.Badge;
import org.jooq.Condition;
import org.jooq.Record;
import org.jooq.SelectFieldOrAsterisk;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** The SQL of people's places on platforms. */
final class UserStore {
    private static final Seek NEWEST_FIRST = new Seek(USER.CREATED, USER.ID, true);
    private static final String FIRST_SIGN_UP = "FIRST_SIGN_UP";
    private static final SelectFieldOrAsterisk[] FIELDS = {
        USER.ID,
        USER.CREATED,
        USER.UPDATED,
        USER_IDENTITY.EMAIL,
        USER_IDENTITY.FIRST_NAME,
        USER_IDENTITY.LAST_NAME,
        USER.STATUS,
        USER.EXTERNAL_ID,
        USER.PLATFORM_ID,
        USER.PLATFORM_ROLE,
        USER.LAST_ACTIVE_DATE,
        USER_IDENTITY.IMAGE_URL,
    };

    /**
     * Waits for any other first sign-up, in this process or another, and keeps them waiting until the transaction ends:
     * a row that all of them write. Its locks are the same on both databases.
     */
    void lockFirstSignUp(Tx tx, Instant now) {
        tx.sql()
                .insertInto(FLAG)
                .set(FLAG.ID, FIRST_SIGN_UP)
                .set(FLAG.CREATED, now)
                .set(FLAG.UPDATED, now)
                .set(FLAG.VALUE, BooleanNode.TRUE)
                .onConflict(FLAG.ID)
                .doUpdate()
                .set(FLAG.UPDATED, now)
                .execute();
    }

    /** A user without a platform yet: the platform's owner must exist before the platform. */
    void insert(Tx tx, String id, String identityId, PlatformRole role, Instant now) {
        tx.sql()
                .insertInto(USER)
                .set(USER.ID, id)
                .set(USER.CREATED, now)
                .set(USER.UPDATED, now)
                .set(USER.IDENTITY_ID, identityId)
                .set(USER.PLATFORM_ROLE, role.name())
                .set(USER.STATUS, UserStatus.ACTIVE.name())
                .set(USER.LAST_ACTIVE_DATE, now)
                .execute();
    }

    void setPlatform(Tx tx, String userId, String platformId, Instant now) {
        int changed = tx.sql()
                .update(USER)
                .set(USER.PLATFORM_ID, platformId)
                .set(USER.UPDATED, now)
                .where(USER.ID.eq(userId))
                .execute();
        if (changed != 1) {
            throw new IllegalStateException("no user " + userId);
        }
    }

    void touch(Tx tx, String userId, Instant now) {
        tx.sql()
                .update(USER)
                .set(USER.LAST_ACTIVE_DATE, now)
                .where(USER.ID.eq(userId))
                .execute();
    }

    /** The person's places, oldest first. */
    List<User> ofIdentity(Tx tx, String identityId) {
        return tx.sql()
                .select(FIELDS)
                .from(joined())
                .where(USER.IDENTITY_ID.eq(identityId), USER.PLATFORM_ID.isNotNull())
                .orderBy(USER.CREATED, USER.ID)
                .fetch(UserStore::fromRow);
    }

    Optional<User> find(Tx tx, Scope scope, String id) {
        return tx.sql()
                .select(FIELDS)
                .from(joined())
                .where(within(scope), USER.ID.eq(id))
                .fetchOptional(UserStore::fromRow);
    }

    /** Newest first. */
    List<User> page(Tx tx, Scope scope, @Nullable String externalId, PageRequest page) {
        var cursor = page.cursor();
        var moment = cursor == null ? null : cursor.moment("created");
        var lastId = cursor == null ? null : cursor.text("id");
        return tx.sql()
                .select(FIELDS)
                .from(joined())
                .where(
                        within(scope),
                        externalId == null ? noCondition() : USER.EXTERNAL_ID.eq(externalId),
                        NEWEST_FIRST.beyond(moment, lastId, page.backwards()))
                .orderBy(NEWEST_FIRST.order(page.backwards()))
                .limit(page.fetchSize())
                .fetch(UserStore::fromRow);
    }

    List<Badge> badges(Tx tx, String userId) {
        return tx.sql()
                .select(USER_BADGE.NAME, USER_BADGE.CREATED)
                .from(USER_BADGE)
                .where(USER_BADGE.USER_ID.eq(userId))
                .orderBy(USER_BADGE.CREATED)
                .fetch(row -> new Badge(row.value1(), row.value2()));
    }

    /** Users belong to a platform; a scope of projects sees none. */
    private static Condition within(Scope scope) {
        return switch (scope) {
            case Scope.Platform(var platformId) -> USER.PLATFORM_ID.eq(platformId);
            case Scope.Everything everything -> noCondition();
            case Scope.Projects projects -> DSL.falseCondition();
        };
    }

    private static Table<?> joined() {
        return USER.join(USER_IDENTITY).on(USER_IDENTITY.ID.eq(USER.IDENTITY_ID));
    }

    private static User fromRow(Record row) {
        return new User(
                row.get(USER.ID),
                row.get(USER.CREATED),
                row.get(USER.UPDATED),
                row.get(USER_IDENTITY.EMAIL),
                row.get(USER_IDENTITY.FIRST_NAME),
                row.get(USER_IDENTITY.LAST_NAME),
                UserStatus.valueOf(row.get(USER.STATUS)),
                row.get(USER.EXTERNAL_ID),
                row.get(USER.PLATFORM_ID),
                PlatformRole.valueOf(row.get(USER.PLATFORM_ROLE)),
                row.get(USER.LAST_ACTIVE_DATE),
                row.get(USER_IDENTITY.IMAGE_URL));
    }
}
