package millrace.database;

import static org.jooq.impl.DSL.condition;
import static org.jooq.impl.DSL.falseCondition;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.list;
import static org.jooq.impl.DSL.val;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
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

/** SQLite 3.43 and later. */
final class SqliteDialect implements Dialect {
    /** Lower case of all letters; SQLite's own knows ASCII only. Defined on each connection by SqliteConnector. */
    static final String LOWER = "millrace_lower";

    /** Elements are stored as text columns are. */
    private static final DataType<String> TEXT = SQLDataType.VARCHAR.asConvertedDataType(new TextConverter());

    private static final String NOW = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000";

    @Override
    public SQLDialect sqlDialect() {
        return SQLDialect.SQLITE;
    }

    @Override
    public Field<Instant> now() {
        return field("(" + NOW + ")", PostgresDialect.INSTANT);
    }

    @Override
    public Field<Instant> nowPlus(Duration duration) {
        return field("(" + NOW + " + {0})", PostgresDialect.INSTANT, inline(duration.toNanos() / 1_000));
    }

    @Override
    public Condition containsIgnoreCase(Field<String> text, String part) {
        return condition("instr(" + LOWER + "({0}), {1}) > 0", text, val(part.toLowerCase(Locale.ROOT), text));
    }

    @Override
    public Condition hasElement(Field<List<String>> list, String element) {
        return hasAnyElement(list, List.of(element));
    }

    @Override
    public Condition hasAnyElement(Field<List<String>> list, Collection<String> elements) {
        if (elements.isEmpty()) {
            return falseCondition();
        }
        var wanted = list(elements.stream().map(element -> val(element, TEXT)).toList());
        return condition("EXISTS (SELECT 1 FROM json_each({0}) WHERE value IN ({1}))", list, wanted);
    }

    @Override
    public Field<String> jsonText(Field<JsonNode> object, String key) {
        return field("json_extract({0}, '$.' || {1})", TEXT, object, inline(key));
    }

    @Override
    public <R extends Record> ResultQuery<R> forUpdate(SelectForUpdateStep<R> query) {
        return query;
    }

    @Override
    public <R extends Record> ResultQuery<R> forUpdateSkipLocked(SelectForUpdateStep<R> query) {
        return query;
    }

    /** It plans by rules that prefer indexes. */
    @Override
    public void byIndex(DSLContext sql) {}
}
