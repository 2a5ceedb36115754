/**
 * The tables that users make, with their fields, records and cells (reference/data-model §2.15 to §2.18). Steps change them
 * with the flush of their record. Whoever changes a table, or what is in it, takes its {@code NameLock} first.
 */
@NullMarked
package millrace.table;

import org.jspecify.annotations.NullMarked;
