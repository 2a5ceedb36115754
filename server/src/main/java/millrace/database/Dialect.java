package millrace.database;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.ResultQuery;
import org.jooq.SQLDialect;
import org.jooq.SelectForUpdateStep;
import org.jooq.exception.DataAccessException;

/** What stores need and the two databases say differently. Both classes pass the same test. */
public sealed interface Dialect permits PostgresDialect, SqliteDialect {
    /** The database's clock, which all processes share; the beginning of the transaction on PostgreSQL. */
    Field<Instant> now();

    /** The database's clock and so much later; earlier when negative. */
    Field<Instant> nowPlus(Duration duration);

    /** Whether the text contains the part, letters of either case being the same; the part holds no wildcards. */
    Condition containsIgnoreCase(Field<String> text, String part);

    /** Whether the list holds the element. Served by a GIN index on PostgreSQL. */
    Condition hasElement(Field<List<String>> list, String element);

    /** Whether the list holds one of the elements; false for no elements. Served by a GIN index on PostgreSQL. */
    Condition hasAnyElement(Field<List<String>> list, Collection<String> elements);

    /** The text under a key of a JSON object; null when it is absent or no text. */
    Field<String> jsonText(Field<JsonNode> object, String key);

    /** Locks the rows until the transaction ends, waiting for others. SQLite has one writer, which has the lock. */
    <R extends Record> ResultQuery<R> forUpdate(SelectForUpdateStep<R> query);

    /** Locks the rows that nobody else has locked, and leaves the others out. */
    <R extends Record> ResultQuery<R> forUpdateSkipLocked(SelectForUpdateStep<R> query);

    /**
     * Makes the rest of the transaction find rows by index where there is one. For tables that are empty when statements
     * are planned and thousands of pages long a minute later.
     */
    void byIndex(DSLContext sql);

    /** Whether a statement failed because a row with the same unique key is there. */
    default boolean duplicate(DataAccessException failure) {
        return Failures.duplicate(Failures.sqlCause(failure));
    }

    /** Whether this is PostgreSQL: several processes, partitions, arrays as parameters. */
    default boolean postgres() {
        return sqlDialect() == SQLDialect.POSTGRES;
    }

    SQLDialect sqlDialect();
}
