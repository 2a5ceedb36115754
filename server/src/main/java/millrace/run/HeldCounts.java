package millrace.run;

/**
 * What a hold keeps still.
 *
 * @param runs all of them
 * @param inFlight those that were executed or waited for a process
 * @param timersDue paused ones whose time has come since
 * @param timersToCome paused ones whose time is still to come
 * @param waiting paused ones that wait for an answer without an end
 */
public record HeldCounts(int runs, int inFlight, int timersDue, int timersToCome, int waiting) {
    @Override
    public String toString() {
        return runs + " runs that had not ended: " + inFlight + " in flight, " + timersDue
                + " timers that have been due, " + timersToCome + " timers to come, " + waiting
                + " waiting for an answer";
    }
}
