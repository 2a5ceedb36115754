package millrace.project;

import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.PROJECT_MEMBER;
import static millrace.schema.Tables.PROJECT_ROLE;
import static millrace.schema.Tables.USER;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import millrace.access.BuiltInRole;
import millrace.access.PlatformRole;
import millrace.database.Tx;
import org.jspecify.annotations.Nullable;

/** The SQL of roles and memberships. It answers the question of scope itself, so it takes none. */
final class MembershipStore {
    /** What decides about one user and one project of its platform. */
    record Standing(
            ProjectType type,
            boolean owner,
            PlatformRole platformRole,
            @Nullable String roleName,
            @Nullable List<String> permissions) {}

    boolean projectOfPlatform(Tx tx, String platformId, String projectId) {
        return tx.sql()
                .fetchExists(
                        PROJECT,
                        PROJECT.ID.eq(projectId),
                        PROJECT.PLATFORM_ID.eq(platformId),
                        PROJECT.DELETED.isNull());
    }

    Optional<Standing> standing(Tx tx, String userId, String platformId, String projectId) {
        return tx.sql()
                .select(PROJECT.TYPE, PROJECT.OWNER_ID, USER.PLATFORM_ROLE, PROJECT_ROLE.NAME, PROJECT_ROLE.PERMISSIONS)
                .from(PROJECT.join(USER)
                        .on(USER.ID.eq(userId), USER.PLATFORM_ID.eq(PROJECT.PLATFORM_ID))
                        .leftJoin(PROJECT_MEMBER)
                        .on(PROJECT_MEMBER.PROJECT_ID.eq(PROJECT.ID), PROJECT_MEMBER.USER_ID.eq(USER.ID))
                        .leftJoin(PROJECT_ROLE)
                        .on(PROJECT_ROLE.ID.eq(PROJECT_MEMBER.PROJECT_ROLE_ID)))
                .where(PROJECT.ID.eq(projectId), PROJECT.PLATFORM_ID.eq(platformId), PROJECT.DELETED.isNull())
                .fetchOptional(row -> new Standing(
                        ProjectType.valueOf(row.get(PROJECT.TYPE)),
                        row.get(PROJECT.OWNER_ID).equals(userId),
                        PlatformRole.valueOf(row.get(USER.PLATFORM_ROLE)),
                        row.get(PROJECT_ROLE.NAME),
                        row.get(PROJECT_ROLE.PERMISSIONS)));
    }

    Optional<PlatformRole> platformRole(Tx tx, String userId, String platformId) {
        return tx.sql()
                .select(USER.PLATFORM_ROLE)
                .from(USER)
                .where(USER.ID.eq(userId), USER.PLATFORM_ID.eq(platformId))
                .fetchOptional(row -> PlatformRole.valueOf(row.value1()));
    }

    /** The team projects of the platform and the user's own. */
    List<String> allButPersonalOnesOfOthers(Tx tx, String userId, String platformId) {
        return tx.sql()
                .select(PROJECT.ID)
                .from(PROJECT)
                .where(
                        PROJECT.PLATFORM_ID.eq(platformId),
                        PROJECT.TYPE.eq(ProjectType.TEAM.name()).or(PROJECT.OWNER_ID.eq(userId)),
                        PROJECT.DELETED.isNull())
                .fetch(PROJECT.ID);
    }

    /** The user's own projects and those with a membership. */
    List<String> ownedOrJoined(Tx tx, String userId, String platformId) {
        return tx.sql()
                .select(PROJECT.ID)
                .from(PROJECT)
                .where(
                        PROJECT.PLATFORM_ID.eq(platformId),
                        PROJECT.OWNER_ID
                                .eq(userId)
                                .or(PROJECT.ID.in(tx.sql()
                                        .select(PROJECT_MEMBER.PROJECT_ID)
                                        .from(PROJECT_MEMBER)
                                        .where(
                                                PROJECT_MEMBER.USER_ID.eq(userId),
                                                PROJECT_MEMBER.PLATFORM_ID.eq(platformId)))),
                        PROJECT.DELETED.isNull())
                .fetch(PROJECT.ID);
    }

    /** Writes a role that every installation has, or renews its permissions. */
    void putBuiltIn(Tx tx, BuiltInRole role, Instant now) {
        var permissions = role.permissions().stream().map(Enum::name).sorted().toList();
        tx.sql()
                .insertInto(PROJECT_ROLE)
                .set(PROJECT_ROLE.ID, role.id())
                .set(PROJECT_ROLE.CREATED, now)
                .set(PROJECT_ROLE.UPDATED, now)
                .set(PROJECT_ROLE.NAME, role.roleName())
                .set(PROJECT_ROLE.PERMISSIONS, permissions)
                .set(PROJECT_ROLE.TYPE, "DEFAULT")
                .onConflict(PROJECT_ROLE.ID)
                .doUpdate()
                .set(PROJECT_ROLE.PERMISSIONS, permissions)
                .execute();
    }
}
