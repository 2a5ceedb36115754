package millrace.database;

import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.val;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import millrace.schema.TextConverter;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.DataType;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.ResultQuery;
import org.jooq.SQLDialect;
import org.jooq.SelectForUpdateStep;
import org.jooq.impl.SQLDataType;

/** PostgreSQL 14 and later. */
final class PostgresDialect implements Dialect {
    static final DataType<Instant> INSTANT =
            SQLDataType.TIMESTAMPWITHTIMEZONE.asConvertedDataType(new millrace.schema.InstantBinding());

    private static final DataType<String> TEXT = SQLDataType.VARCHAR.asConvertedDataType(new TextConverter());

    @Override
    public SQLDialect sqlDialect() {
        return SQLDialect.POSTGRES;
    }

    @Override
    public Field<Instant> now() {
        return field("now()", INSTANT);
    }

    @Override
    public Field<Instant> nowPlus(Duration duration) {
        return field("now() + {0} * interval '1 microsecond'", INSTANT, inline(duration.toNanos() / 1_000));
    }

    @Override
    public Condition containsIgnoreCase(Field<String> text, String part) {
        return text.containsIgnoreCase(part);
    }

    @Override
    public Condition hasElement(Field<List<String>> list, String element) {
        return condition("{0} @> {1}", list, val(List.of(element), list));
    }

    @Override
    public Condition hasAnyElement(Field<List<String>> list, Collection<String> elements) {
        return condition("{0} && {1}", list, val(List.copyOf(elements), list));
    }

    @Override
    public Field<String> jsonText(Field<JsonNode> object, String key) {
        return field("{0} ->> {1}", TEXT, object, inline(key));
    }

    @Override
    public <R extends Record> ResultQuery<R> forUpdate(SelectForUpdateStep<R> query) {
        return query.forUpdate();
    }

    @Override
    public <R extends Record> ResultQuery<R> forUpdateSkipLocked(SelectForUpdateStep<R> query) {
        return query.forUpdate().skipLocked();
    }

    @Override
    public void byIndex(DSLContext sql) {
        sql.execute("SELECT set_config('enable_seqscan', 'off', true)");
    }
}
