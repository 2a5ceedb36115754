package millrace.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import millrace.journal.Waits;
import org.jspecify.annotations.Nullable;

/**
 * All threads of all simulated processes, on one real thread, and the only clock they know. Chance picks who goes on;
 * when nobody can, time moves to the next moment at which somebody can.
 */
final class SimulatedThreads {
    private static final long SLOWEST_STEP_NANOS = 500_000;
    private static final long NEVER = Long.MAX_VALUE;

    private final RandomGenerator random;
    private final List<SimulatedThread> threads = new ArrayList<>();
    private final List<SimulatedThread> ready = new ArrayList<>();
    private long now;
    private @Nullable SimulatedThread running;

    SimulatedThreads(RandomGenerator random) {
        this.random = random;
    }

    /** What lives, freezes and dies as one. */
    static final class Machine {
        private final long clockOffset;
        private boolean dead;
        private long frozenUntil;
        private long work;

        private Machine(long clockOffset) {
            this.clockOffset = clockOffset;
        }

        boolean dead() {
            return dead;
        }

        /** Grows whenever a thread of the machine, other than its writers, did something. */
        long work() {
            return work;
        }
    }

    private enum Role {
        RUN,
        WRITER,
        OTHER
    }

    private static final class SimulatedThread {
        final Machine machine;
        final Coroutine body;
        final Role role;
        long sleepsUntil;
        /** When it goes on although its condition does not hold. */
        long givesUpAt = NEVER;

        boolean interrupted;

        @Nullable
        BooleanSupplier condition;

        SimulatedThread(Machine machine, Runnable body, Role role) {
            this.machine = machine;
            this.body = new Coroutine(body);
            this.role = role;
        }

        long readyAt() {
            if (condition != null && !condition.getAsBoolean()) {
                return givesUpAt == NEVER ? NEVER : Math.max(givesUpAt, machine.frozenUntil);
            }
            return Math.max(sleepsUntil, machine.frozenUntil);
        }
    }

    /** A machine whose monotonic clock starts anywhere. */
    Machine machine() {
        return new Machine(random.nextLong(-1L << 60, 1L << 60));
    }

    void start(Machine machine, Runnable body) {
        threads.add(new SimulatedThread(machine, body, Role.OTHER));
    }

    /** Starts a thread that drives a run. */
    void startRun(Machine machine, Runnable body) {
        threads.add(new SimulatedThread(machine, body, Role.RUN));
    }

    /** Whether the running thread drives a run. */
    boolean inRun() {
        return current().role == Role.RUN;
    }

    /** Starts a thread that only does what other threads of its machine have left for it. */
    void startWriter(Machine machine, Runnable body) {
        threads.add(new SimulatedThread(machine, body, Role.WRITER));
    }

    /** No thread of the machine goes on, ever. */
    void kill(Machine machine) {
        machine.dead = true;
        threads.removeIf(thread -> thread.machine == machine);
    }

    void freeze(Machine machine, Duration duration) {
        machine.frozenUntil = now + duration.toNanos();
    }

    void wake(Machine machine) {
        machine.frozenUntil = 0;
    }

    /** Time since the simulation began. */
    Duration now() {
        return Duration.ofNanos(now);
    }

    /** Lets one thread go on to its next pause, or time to the next moment; false when {@code end} has come. */
    boolean step(Duration end) {
        ready.clear();
        long next = NEVER;
        for (var thread : threads) {
            long at = thread.readyAt();
            if (at <= now) {
                ready.add(thread);
            } else {
                next = Math.min(next, at);
            }
        }
        if (!ready.isEmpty()) {
            go(ready.get(random.nextInt(ready.size())));
        } else {
            now = Math.min(next, end.toNanos());
        }
        return now < end.toNanos();
    }

    private void go(SimulatedThread thread) {
        thread.condition = null;
        thread.givesUpAt = NEVER;
        running = thread;
        if (thread.interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            thread.body.resume();
        } finally {
            running = null;
            thread.interrupted = Thread.interrupted();
        }
        if (thread.role != Role.WRITER) {
            thread.machine.work++;
        }
        if (thread.body.done()) {
            threads.remove(thread);
        }
        now += random.nextLong(SLOWEST_STEP_NANOS);
    }

    /** Pauses the running thread; other threads may go on before it. */
    void sleep(Duration duration) {
        current().sleepsUntil = now + Math.max(0, duration.toNanos());
        Coroutine.pause();
    }

    /** Pauses the running thread until the condition holds. */
    void await(BooleanSupplier condition) {
        current().condition = condition;
        Coroutine.pause();
    }

    private SimulatedThread current() {
        var thread = running;
        if (thread == null) {
            throw new IllegalStateException("only a simulated thread can wait here");
        }
        return thread;
    }

    /** The machine's clock, and its way to wait. */
    Waits waits(Machine machine) {
        return new Waits() {
            @Override
            public long nanos() {
                return now + machine.clockOffset;
            }

            @Override
            public void sleep(Duration duration) {
                SimulatedThreads.this.sleep(duration);
            }

            @Override
            public <T> T await(CompletableFuture<T> future) throws InterruptedException, ExecutionException {
                if (!future.isDone()) {
                    SimulatedThreads.this.await(future::isDone);
                }
                return future.get();
            }

            @Override
            public <T> T await(CompletableFuture<T> future, Duration atMost)
                    throws InterruptedException, ExecutionException, TimeoutException {
                if (!future.isDone()) {
                    current().givesUpAt = SimulatedThreads.this.now + Math.max(0, atMost.toNanos());
                    SimulatedThreads.this.await(future::isDone);
                }
                if (!future.isDone()) {
                    throw new TimeoutException();
                }
                return future.get();
            }
        };
    }
}
