/**
 * The tables: change sets under {@code resources/millrace/schema} (SQL, forward and back), the jOOQ classes generated
 * from them, and how a column's value travels: Instant, JSON, lists and text, alike on PostgreSQL and SQLite.
 */
@NullMarked
package millrace.schema;

import org.jspecify.annotations.NullMarked;
