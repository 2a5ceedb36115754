/**
 * Copies of the whole database: one archive format that backup, verify, restore and move read and write, the list of
 * backups, and the hold under which a restored database starts. Knows every table by the catalogue, none by its meaning
 * but the queue of runs.
 */
@NullMarked
package millrace.archive;

import org.jspecify.annotations.NullMarked;
