package millrace.database;

import static millrace.schema.Tables.PROJECT;

import millrace.access.Scope;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;

/** Turns a {@link Scope} into the condition that every query of tenant data carries. */
public final class Tenancy {
    private Tenancy() {}

    /** Rows of the projects in the scope. Deleted projects have no rows to see. */
    public static Condition within(Scope scope, Field<String> projectId) {
        return switch (scope) {
            case Scope.Projects(var ids) -> ids.size() == 1 ? projectId.eq(ids.getFirst()) : projectId.in(ids);
            case Scope.Platform(var platformId) ->
                projectId.in(DSL.select(PROJECT.ID)
                        .from(PROJECT)
                        .where(PROJECT.PLATFORM_ID.eq(platformId), PROJECT.DELETED.isNull()));
            case Scope.Everything everything -> DSL.noCondition();
        };
    }
}
