package millrace.http;

import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** Makes an id for each request: a random beginning for the process, then a number. Safe for all threads. */
final class RequestIds {
    private final String process;
    private final AtomicLong next = new AtomicLong();

    RequestIds(RandomGenerator random) {
        this.process = Long.toString(random.nextLong() & Long.MAX_VALUE, 36) + "-";
    }

    String next() {
        return process + Long.toString(next.incrementAndGet(), 36);
    }
}
