package millrace.piece;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Node process: many calls at a time, one thread that reads their answers, and a watch that asks whether it lives.
 * {@link #call} is for any number of threads, {@link #watch} for the pool's watch thread alone.
 *
 * <ol>
 *   <li>Every call ends: by its answer, at its deadline, or with its host.
 *   <li>A lost host's process is dead before its calls learn that it is lost, so what they do next is done alone.
 *   <li>No thread that calls ever waits for the socket.
 *   <li>What a caller has left ends: by its cancellation, or with its host when that does not hear it.
 * </ol>
 */
final class Host implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Host.class);
    private static final long PING_EVERY = TimeUnit.MILLISECONDS.toNanos(250);
    private static final Pattern OUT_OF_MEMORY =
            Pattern.compile("out of memory|heap limit|allocation failed|bad_alloc", Pattern.CASE_INSENSITIVE);

    /** What becomes of a host whose event loop stands. */
    enum OnStall {
        /** It is lost, and its calls with it, to be made again: nothing they did was seen. */
        LOSE,
        /** It gets no more calls; those it has may end until one of them reaches its deadline. */
        DRAIN,
        /** Its one call may take all its time. */
        WAIT
    }

    private final HostLauncher.Launched launched;
    private final FrameChannel channel;
    private final OnStall onStall;
    private final long stallAfter;
    private final Map<Integer, PendingCall> pending = new ConcurrentHashMap<>();
    private final Set<String> knownSources = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lastId = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CountDownLatch ready = new CountDownLatch(1);
    private volatile boolean accepting = true;
    private volatile Outcome.Lost lost = new Outcome.Lost("the host was closed", false);
    private volatile long lastUsed = System.nanoTime();
    private volatile long pongAt = System.nanoTime();
    /** When a call was last left by its caller; 0 when the event loop has moved since. */
    private volatile long abandonedAt;

    // Of the watch thread alone.
    private long pingAt;
    private boolean pinging;
    private int stalledLooks;
    private long overdueSince;

    private Host(HostLauncher.Launched launched, OnStall onStall, Duration stallAfter) throws IOException {
        this.launched = launched;
        this.channel = new FrameChannel(launched.channel());
        this.onStall = onStall;
        this.stallAfter = stallAfter.toNanos();
    }

    /** Answers when the host is ready for calls. */
    static Host start(HostLauncher.Launched launched, OnStall onStall, Duration stallAfter) throws IOException {
        var host = new Host(launched, onStall, stallAfter);
        Thread.ofPlatform().daemon().name("host-" + launched.name()).start(host::read);
        try {
            if (!host.ready.await(30, TimeUnit.SECONDS) || host.ended.get()) {
                host.close();
                throw new IOException("a host did not get ready: " + launched.lastWords());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            host.close();
            throw new IOException("interrupted while a host started", e);
        }
        return host;
    }

    boolean accepting() {
        return accepting;
    }

    boolean idle() {
        return pending.isEmpty();
    }

    /** How long nobody has called. */
    Duration unused(long now) {
        return pending.isEmpty() ? Duration.ofNanos(now - lastUsed) : Duration.ZERO;
    }

    /** Sends a request; {@link PendingCall#await()} gives its outcome, {@link #settle} must follow. */
    PendingCall begin(HostRequest request, long deadline) {
        var call = new PendingCall(lastId.incrementAndGet(), deadline);
        pending.put(call.id, call);
        lastUsed = System.nanoTime();
        if (ended.get()) {
            call.complete(lost);
            return call;
        }
        send(request.frames(call.id, deadline, knownSources));
        return call;
    }

    /** The call's outcome is known: the host may forget it, or must, when nobody waited for its answer. */
    void settle(PendingCall call, Outcome outcome) {
        if (pending.remove(call.id) != null && outcome instanceof Outcome.Interrupted) {
            abandonedAt = System.nanoTime();
            cancel(call.id);
        }
        lastUsed = System.nanoTime();
    }

    Outcome call(HostRequest request, long deadline) {
        while (true) {
            var call = begin(request, deadline);
            var outcome = call.await();
            settle(call, outcome);
            if (outcome instanceof Outcome.Answered(var frame)
                    && frame.kind() == Frame.UNKNOWN_SOURCE
                    && request instanceof HostRequest.Code code) {
                knownSources.remove(code.source().hash());
                continue;
            }
            return outcome;
        }
    }

    private void send(List<Frame> frames) {
        var encoded = new ArrayList<ByteBuffer>(frames.size());
        frames.forEach(frame -> encoded.add(frame.encoded()));
        try {
            channel.send(encoded.size() == 1 ? encoded.getFirst() : joined(encoded));
        } catch (IOException e) {
            // The reading thread sees the same and knows how the process ended.
            log.atDebug().addKeyValue("host", launched.name()).setCause(e).log("host gone while sending");
        }
    }

    private static ByteBuffer joined(List<ByteBuffer> buffers) {
        var all = ByteBuffer.allocate(
                buffers.stream().mapToInt(ByteBuffer::remaining).sum());
        buffers.forEach(all::put);
        return all.flip();
    }

    private void cancel(int id) {
        send(List.of(Frame.of(Frame.CANCEL, id, 0)));
    }

    // The reading thread.

    private void read() {
        try {
            channel.read(this::receive);
        } catch (IOException | RuntimeException e) {
            lose(howItEnded());
        }
    }

    private void receive(Frame frame) {
        switch (frame.kind()) {
            case Frame.READY -> {
                if (frame.number() != Frame.VERSION) {
                    throw new IllegalStateException("host/ is of another version: " + frame.number());
                }
                ready.countDown();
            }
            case Frame.PONG -> pongAt = System.nanoTime();
            default -> {
                // Nothing is there for a call that has timed out meanwhile.
                if (pending.get(frame.id()) instanceof PendingCall call) {
                    call.complete(new Outcome.Answered(frame));
                }
            }
        }
    }

    /** Waits for the process, whose socket has closed, and reads from its remains what it died of. */
    private Outcome.Lost howItEnded() {
        var process = launched.process();
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                return new Outcome.Lost("it closed its connection", false);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var status = process.isAlive() ? -1 : process.exitValue();
        // 137 without our doing is the kernel's out-of-memory killer.
        var memory = OUT_OF_MEMORY.matcher(launched.lastWords()).find() || status == 137 && !ended.get();
        return new Outcome.Lost(memory ? "it ran out of memory" : "exit status " + status, memory);
    }

    private void lose(Outcome.Lost reason) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        lost = reason;
        accepting = false;
        log.atWarn()
                .addKeyValue("host", launched.name())
                .addKeyValue("calls", pending.size())
                .addKeyValue("words", launched.lastWords())
                .log("host lost: {}", reason.reason());
        end();
    }

    private void end() {
        launched.process().destroyForcibly();
        try {
            channel.close();
        } catch (IOException e) {
            log.atDebug().addKeyValue("host", launched.name()).setCause(e).log("socket not closed");
        }
        try {
            if (!launched.process().waitFor(5, TimeUnit.SECONDS)) {
                log.atError().addKeyValue("host", launched.name()).log("host process does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        launched.deleteFolder();
        ready.countDown();
        pending.values().forEach(call -> call.complete(lost));
    }

    // The watch thread.

    /** Ends calls at their deadlines and asks whether the event loop moves. */
    void watch(long now) {
        if (ended.get()) {
            return;
        }
        var stalled = stalled(now);
        for (var call : pending.values()) {
            if (now - call.deadline >= 0) {
                overdue(call, now);
            }
        }
        if (stalled && onStall == OnStall.LOSE) {
            lose(new Outcome.Lost("its event loop stood still", false));
        } else if (stalled && onStall == OnStall.DRAIN) {
            accepting = false;
            if (abandonedAt != 0 || overdueSince != 0 && now - overdueSince > stallAfter) {
                lose(new Outcome.Lost("its event loop stood still", false));
            }
        } else if (!stalled) {
            overdueSince = 0;
        }
        if (!accepting && onStall == OnStall.DRAIN && pending.isEmpty()) {
            close();
        }
    }

    private void overdue(PendingCall call, long now) {
        pending.remove(call.id);
        if (overdueSince == 0) {
            overdueSince = now;
        }
        if (onStall == OnStall.WAIT) {
            // It served this call alone: whatever still runs of it ends here.
            if (ended.compareAndSet(false, true)) {
                accepting = false;
                end();
            }
        } else {
            cancel(call.id);
        }
        call.complete(Outcome.TIMED_OUT);
    }

    /** True when a ping has been unanswered too long, seen twice: a pause of this process is no fault of the host. */
    private boolean stalled(long now) {
        if (pinging && pongAt - pingAt >= 0) {
            pinging = false;
            if (pingAt - abandonedAt >= 0) {
                abandonedAt = 0;
            }
        }
        if (!pinging) {
            stalledLooks = 0;
            if ((!pending.isEmpty() || abandonedAt != 0) && now - pingAt >= PING_EVERY) {
                pinging = true;
                pingAt = System.nanoTime();
                send(List.of(Frame.of(Frame.PING, 0, 0)));
            }
            return false;
        }
        if (now - pingAt < stallAfter) {
            return false;
        }
        return ++stalledLooks > 2;
    }

    /** Ends the process; calls that still run are lost. */
    @Override
    public void close() {
        if (ended.compareAndSet(false, true)) {
            accepting = false;
            end();
        }
    }

    boolean ended() {
        return ended.get();
    }
}
