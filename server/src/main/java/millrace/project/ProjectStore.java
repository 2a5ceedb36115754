package millrace.project;

import static millrace.schema.Tables.FLOW;
import static millrace.schema.Tables.PROJECT;
import static millrace.schema.Tables.PROJECT_MEMBER;
import static millrace.schema.Tables.PROJECT_PLAN;
import static millrace.schema.Tables.USER;
import static org.jooq.impl.DSL.count;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.when;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import millrace.access.Scope;
import millrace.database.Seek;
import millrace.database.Tenancy;
import millrace.database.Tx;
import millrace.http.PageRequest;
import millrace.project.Project.Analytics;
import millrace.project.Project.PiecesFilter;
import millrace.project.Project.Plan;
import org.jooq.Condition;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** The SQL of projects and their plans. */
final class ProjectStore {
    private static final Seek NEWEST_FIRST = new Seek(PROJECT.CREATED, PROJECT.ID, true);

    void insert(Tx tx, Project project) {
        tx.sql()
                .insertInto(PROJECT)
                .set(PROJECT.ID, project.id())
                .set(PROJECT.CREATED, project.created())
                .set(PROJECT.UPDATED, project.updated())
                .set(PROJECT.OWNER_ID, project.ownerId())
                .set(PROJECT.DISPLAY_NAME, project.displayName())
                .set(PROJECT.PLATFORM_ID, project.platformId())
                .set(PROJECT.MAX_CONCURRENT_JOBS, project.maxConcurrentJobs())
                .set(PROJECT.TYPE, project.type().name())
                .set(PROJECT.ICON, project.icon())
                .set(PROJECT.EXTERNAL_ID, project.externalId())
                .set(PROJECT.RELEASES_ENABLED, project.releasesEnabled())
                .set(PROJECT.METADATA, project.metadata())
                .set(PROJECT.POOL_ID, project.poolId())
                .execute();
        var plan = project.plan();
        tx.sql()
                .insertInto(PROJECT_PLAN)
                .set(PROJECT_PLAN.ID, plan.id())
                .set(PROJECT_PLAN.CREATED, plan.created())
                .set(PROJECT_PLAN.UPDATED, plan.updated())
                .set(PROJECT_PLAN.PROJECT_ID, plan.projectId())
                .set(PROJECT_PLAN.LOCKED, plan.locked())
                .set(PROJECT_PLAN.NAME, plan.name())
                .set(PROJECT_PLAN.PIECES_FILTER_TYPE, plan.piecesFilterType().name())
                .set(PROJECT_PLAN.PIECES, plan.pieces())
                .execute();
    }

    Optional<Project> find(Tx tx, Scope scope, String id) {
        return fetch(
                        tx,
                        tx.sql()
                                .selectFrom(PROJECT.leftJoin(PROJECT_PLAN).on(PROJECT_PLAN.PROJECT_ID.eq(PROJECT.ID)))
                                .where(within(scope), PROJECT.ID.eq(id))
                                .fetch())
                .stream()
                .findFirst();
    }

    /** Newest first; served by idx_project_platform_id. */
    List<Project> page(Tx tx, Scope scope, ProjectFilter filter, PageRequest page) {
        var cursor = page.cursor();
        var moment = cursor == null ? null : cursor.moment("created");
        var lastId = cursor == null ? null : cursor.text("id");
        return fetch(
                tx,
                tx.sql()
                        .selectFrom(PROJECT.leftJoin(PROJECT_PLAN).on(PROJECT_PLAN.PROJECT_ID.eq(PROJECT.ID)))
                        .where(
                                within(scope),
                                matches(tx, filter),
                                NEWEST_FIRST.beyond(moment, lastId, page.backwards()))
                        .orderBy(NEWEST_FIRST.order(page.backwards()))
                        .limit(page.fetchSize())
                        .fetch());
    }

    /** Where a user lands after signing in: the own personal project, else the oldest that it is a member of. */
    @Nullable
    String home(Tx tx, String platformId, String userId) {
        var own = tx.sql()
                .select(PROJECT.ID)
                .from(PROJECT)
                .where(PROJECT.PLATFORM_ID.eq(platformId), PROJECT.OWNER_ID.eq(userId), PROJECT.DELETED.isNull())
                .orderBy(when(PROJECT.TYPE.eq(ProjectType.PERSONAL.name()), 0).otherwise(1), PROJECT.CREATED)
                .limit(1)
                .fetchOne(PROJECT.ID);
        return own != null
                ? own
                : tx.sql()
                        .select(PROJECT.ID)
                        .from(PROJECT_MEMBER.join(PROJECT).on(PROJECT.ID.eq(PROJECT_MEMBER.PROJECT_ID)))
                        .where(
                                PROJECT_MEMBER.USER_ID.eq(userId),
                                PROJECT_MEMBER.PLATFORM_ID.eq(platformId),
                                PROJECT.DELETED.isNull())
                        .orderBy(PROJECT.CREATED)
                        .limit(1)
                        .fetchOne(PROJECT.ID);
    }

    private static Condition within(Scope scope) {
        return Tenancy.within(scope, PROJECT.ID).and(PROJECT.DELETED.isNull());
    }

    private static Condition matches(Tx tx, ProjectFilter filter) {
        var external = filter.externalId() == null ? noCondition() : PROJECT.EXTERNAL_ID.eq(filter.externalId());
        var named = filter.displayName() == null
                ? noCondition()
                : tx.dialect().containsIgnoreCase(PROJECT.DISPLAY_NAME, filter.displayName());
        var typed = filter.types().isEmpty()
                ? noCondition()
                : PROJECT.TYPE.in(filter.types().stream().map(Enum::name).toList());
        return external.and(named).and(typed);
    }

    private static List<Project> fetch(Tx tx, List<? extends Record> rows) {
        var ids = rows.stream().map(row -> row.get(PROJECT.ID)).toList();
        var analytics = ids.isEmpty() ? Map.<String, Analytics>of() : analytics(tx, ids);
        var projects = new ArrayList<Project>(rows.size());
        for (var row : rows) {
            projects.add(fromRow(row, analytics.getOrDefault(row.get(PROJECT.ID), Analytics.NONE)));
        }
        return projects;
    }

    /**
     * Counts of users and flows, two queries for a whole page. The flows are another room's table; a listener of that
     * room for two counts would be more to read than this.
     */
    private static Map<String, Analytics> analytics(Tx tx, List<String> projectIds) {
        var users = tx.sql()
                .select(PROJECT.ID, count(), count(when(USER.STATUS.eq("ACTIVE"), 1)))
                .from(PROJECT.join(USER)
                        .on(USER.ID
                                .eq(PROJECT.OWNER_ID)
                                .or(USER.ID.in(select(PROJECT_MEMBER.USER_ID)
                                        .from(PROJECT_MEMBER)
                                        .where(PROJECT_MEMBER.PROJECT_ID.eq(PROJECT.ID))))))
                .where(PROJECT.ID.in(projectIds))
                .groupBy(PROJECT.ID)
                .fetchMap(PROJECT.ID);
        var flows = tx.sql()
                .select(FLOW.PROJECT_ID, count(), count(when(FLOW.STATUS.eq("ENABLED"), 1)))
                .from(FLOW)
                .where(FLOW.PROJECT_ID.in(projectIds))
                .groupBy(FLOW.PROJECT_ID)
                .fetchMap(FLOW.PROJECT_ID);
        var analytics = new HashMap<String, Analytics>();
        for (var id : projectIds) {
            var ofUsers = users.get(id);
            var ofFlows = flows.get(id);
            analytics.put(
                    id,
                    new Analytics(
                            ofUsers == null ? 0 : ofUsers.value2(),
                            ofUsers == null ? 0 : ofUsers.value3(),
                            ofFlows == null ? 0 : ofFlows.value2(),
                            ofFlows == null ? 0 : ofFlows.value3()));
        }
        return analytics;
    }

    private static Project fromRow(Record row, Analytics analytics) {
        return new Project(
                row.get(PROJECT.ID),
                row.get(PROJECT.CREATED),
                row.get(PROJECT.UPDATED),
                row.get(PROJECT.OWNER_ID),
                row.get(PROJECT.DISPLAY_NAME),
                row.get(PROJECT.PLATFORM_ID),
                row.get(PROJECT.MAX_CONCURRENT_JOBS),
                ProjectType.valueOf(row.get(PROJECT.TYPE)),
                row.get(PROJECT.ICON),
                row.get(PROJECT.EXTERNAL_ID),
                row.get(PROJECT.RELEASES_ENABLED),
                row.get(PROJECT.METADATA),
                row.get(PROJECT.POOL_ID),
                plan(row),
                analytics);
    }

    /** An imported project may have no row of its plan: it then has the free one, under the project's own id. */
    private static Plan plan(Record row) {
        var id = row.get(PROJECT_PLAN.ID);
        return id == null
                ? freePlan(row.get(PROJECT.ID), row.get(PROJECT.ID), row.get(PROJECT.CREATED))
                : new Plan(
                        id,
                        row.get(PROJECT_PLAN.CREATED),
                        row.get(PROJECT_PLAN.UPDATED),
                        row.get(PROJECT_PLAN.PROJECT_ID),
                        row.get(PROJECT_PLAN.LOCKED),
                        row.get(PROJECT_PLAN.NAME),
                        PiecesFilter.valueOf(row.get(PROJECT_PLAN.PIECES_FILTER_TYPE)),
                        row.get(PROJECT_PLAN.PIECES));
    }

    static Plan freePlan(String id, String projectId, java.time.Instant now) {
        return new Plan(id, now, now, projectId, false, "free", PiecesFilter.NONE, List.of());
    }
}
