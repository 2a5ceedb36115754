/**
 * The one way to the database: connections, transactions, what differs between PostgreSQL and SQLite, ids, and the
 * schema's migrations and partitions. Services open transactions here and hand the {@link millrace.database.Tx} to
 * their stores; plain SQL that jOOQ can't say stands here behind named methods.
 */
@NullMarked
package millrace.database;

import org.jspecify.annotations.NullMarked;
