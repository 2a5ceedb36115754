package millrace.database;

import java.time.Instant;
import java.util.List;
import org.jooq.Condition;
import org.jooq.Field;
import org.jooq.OrderField;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * The order of a paged list: a moment, then the id, both in one direction. Cursors name a row; pages begin beyond it.
 *
 * @param newestFirst the order in which the list is shown
 */
public record Seek(Field<Instant> moment, Field<String> id, boolean newestFirst) {
    /** The order of the query: flipped when the page before a cursor is asked for. */
    public List<OrderField<?>> order(boolean backwards) {
        return descending(backwards) ? List.of(moment.desc(), id.desc()) : List.of(moment.asc(), id.asc());
    }

    /**
     * The rows beyond a cursor in the order of the query.
     *
     * @param at null: there is no cursor, or none that can be read; every row
     * @param lastId null in cursors of older releases, which compare the moment alone
     */
    public Condition beyond(@Nullable Instant at, @Nullable String lastId, boolean backwards) {
        if (at == null) {
            return DSL.noCondition();
        }
        if (lastId == null) {
            return descending(backwards) ? moment.lt(at) : moment.gt(at);
        }
        var place = DSL.row(moment, id);
        return descending(backwards) ? place.lt(at, lastId) : place.gt(at, lastId);
    }

    private boolean descending(boolean backwards) {
        return newestFirst != backwards;
    }
}
