package millrace.dispatch;

import millrace.database.RunTables;
import millrace.journal.JournalWriter;

/** Takes over runs that this process has claimed; each holds one slot, which the receiver gives back. */
@FunctionalInterface
public interface ClaimedRuns {
    void run(RunTables.Claimed claimed, JournalWriter writer);
}
