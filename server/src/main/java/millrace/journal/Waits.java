package millrace.journal;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How the threads that work on runs wait, and the clock by which they measure. A server waits as threads do
 * ({@link #SYSTEM}); the simulation of the protocol puts itself in between and decides who goes on, and when.
 */
public interface Waits {
    /** The monotonic clock, as {@link System#nanoTime()}. */
    long nanos();

    void sleep(Duration duration) throws InterruptedException;

    /** The future's value, once it has one. */
    <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException;

    /**
     * The future's value, if it has one in time.
     *
     * @throws TimeoutException when it has none
     */
    <T> T await(CompletableFuture<T> future, Duration atMost)
            throws InterruptedException, ExecutionException, TimeoutException;

    /** Real time and real threads. */
    Waits SYSTEM = new Waits() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration);
        }

        @Override
        public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
            return future.get();
        }

        @Override
        public <T> T await(CompletableFuture<T> future, Duration atMost)
                throws InterruptedException, ExecutionException, TimeoutException {
            return future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        }
    };
}
