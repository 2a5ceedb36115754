package millrace.bench;

import java.util.Arrays;

/** Latencies of one measurement, in nanoseconds. For one thread. */
final class Latencies {
    private long[] values = new long[1 << 16];
    private int size;

    void add(long nanos) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = nanos;
    }

    int size() {
        return size;
    }

    /** The latency in milliseconds that this share of the calls did not exceed. */
    double percentile(double share) {
        if (size == 0) {
            return Double.NaN;
        }
        Arrays.sort(values, 0, size);
        var rank = Math.min(size - 1, (int) Math.ceil(share * size) - 1);
        return values[Math.max(0, rank)] / 1e6;
    }
}
