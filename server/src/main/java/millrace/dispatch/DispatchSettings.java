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
        int lanes, int slots, boolean alone, Duration heartbeat, Duration lease, Duration poll, int perProject) {}
