package millrace.database;

import java.time.Instant;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/** Which partitions of the run tables a query needs, said so that PostgreSQL leaves the others out. */
public final class RunPartitions {
    /** No partition is of an earlier day: what sorts before it lies in DEFAULT. */
    private static final String FIRST = Ids.timePrefix(Instant.parse("2026-01-01T00:00:00Z"));

    /** No id of this century is beyond: what is lies in DEFAULT. */
    private static final String BEYOND = "1";

    private RunPartitions() {}

    /**
     * The partitions of the days that hold this span, and DEFAULT. Only prunes: the query must bound the time of the runs
     * too, since imported runs have ids that say nothing of their age.
     *
     * @param from null for all before {@code to}
     * @param to null for all after {@code from}
     */
    public static Condition of(Field<String> id, @Nullable Instant from, @Nullable Instant to) {
        if (from == null && to == null) {
            return DSL.noCondition();
        }
        var days = from == null ? DSL.noCondition() : id.ge(Ids.timePrefix(from));
        if (to != null) {
            days = days.and(id.lt(Ids.timePrefix(to.plusMillis(1))));
        }
        return days.or(id.lt(FIRST)).or(id.ge(BEYOND));
    }
}
