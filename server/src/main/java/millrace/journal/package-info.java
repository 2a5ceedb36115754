/**
 * The heart: records of runs become durable here, many runs at once. {@link millrace.journal.RunJournal} is one run's
 * side (append, barrier, end); {@link millrace.journal.JournalWriter} commits what waits in one statement;
 * {@link millrace.journal.JournalReader} reads it back.
 */
@NullMarked
package millrace.journal;

import org.jspecify.annotations.NullMarked;
