package millrace.piece;

import java.nio.file.Path;
import java.time.Duration;
import millrace.config.SandboxSettings;

/**
 * How hosts are started and how many.
 *
 * @param node the Node binary, 20.18 or later
 * @param hostDirectory the folder {@code host/} with its installed {@code node_modules}
 * @param pureHosts warm hosts that all projects share
 * @param effectfulHosts at most so many hosts of single projects at a time; the least recently used makes room
 * @param callsPerHost at most so many calls in one host at a time; more wait
 * @param maxOutputBytes of one step's output as JSON text
 * @param stallAfter an event loop that stands so long loses its host
 */
public record HostSettings(
        Path node,
        Path hostDirectory,
        SandboxSettings sandbox,
        int pureHosts,
        int effectfulHosts,
        int callsPerHost,
        long maxOutputBytes,
        Duration stallAfter) {

    /** A frame holds an output and what goes with it ({@link Frame#MAX_BYTES}). */
    private static final long MOST_OUTPUT_BYTES = 200L << 20;

    /**
     * The numbers of design §9 for everything that an operator does not set.
     *
     * @param maxLogBytes of a run's log; one step may give half of it
     */
    public static HostSettings of(Path node, Path hostDirectory, SandboxSettings sandbox, long maxLogBytes) {
        var cores = Runtime.getRuntime().availableProcessors();
        return new HostSettings(
                node,
                hostDirectory,
                sandbox,
                Math.clamp(cores / 2, 1, 4),
                Math.max(4, cores),
                256,
                Math.min(maxLogBytes / 2, MOST_OUTPUT_BYTES),
                Duration.ofSeconds(1));
    }
}
