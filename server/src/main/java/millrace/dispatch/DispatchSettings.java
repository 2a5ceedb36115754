package millrace.dispatch;

import java.time.Duration;

/**
 * @param lanes journal writers of this process, each with its own connection
 * @param slots runs that may be active at once in this process
 * @param heartbeat how often the lease is renewed
 * @param lease after how long without a heartbeat a process is dead
 * @param alone no other process can be on the database: whatever was left there is dead
 * @param poll how often runs without an owner are looked for
 * @param perProject how many production runs a project may have at once, unless it says another number; 0 when nobody
 *     counts
 */
public record DispatchSettings(
        int lanes, int slots, boolean alone, Duration heartbeat, Duration lease, Duration poll, int perProject) {
    private static final int HEARTBEATS_IN_A_LEASE = 8;

    /** With a heartbeat that the lease survives several losses of. */
    public static DispatchSettings of(
            int lanes, int slots, boolean alone, Duration lease, Duration poll, int perProject) {
        return new DispatchSettings(
                lanes, slots, alone, lease.dividedBy(HEARTBEATS_IN_A_LEASE), lease, poll, perProject);
    }
}
