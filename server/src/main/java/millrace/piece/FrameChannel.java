package millrace.piece;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Frames over one socket. {@link #send} may be called by any thread and never waits for the other side; {@link #read}
 * belongs to one thread. The channel does not block: a blocking one would be closed under everybody by the interrupt of
 * one caller.
 */
final class FrameChannel implements AutoCloseable {
    private static final int GATHERED = 64;
    /** What crosses in one piece; the JDK copies each piece to a direct buffer of its size and keeps that. */
    private static final int PIECE = 1 << 16;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final Queue<ByteBuffer> outbox = new ConcurrentLinkedQueue<>();
    private final ReentrantLock writing = new ReentrantLock();
    /** Taken from the outbox, not yet written; guarded by {@code writing}. */
    private final ArrayDeque<ByteBuffer> unsent = new ArrayDeque<>();

    FrameChannel(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        this.selector = Selector.open();
        this.key = channel.register(selector, SelectionKey.OP_READ);
    }

    /** Whoever holds the lock writes for all who come meanwhile: many frames leave in one call of the system. */
    void send(ByteBuffer frame) throws IOException {
        outbox.add(frame);
        while (!outbox.isEmpty() && writing.tryLock()) {
            try {
                if (!flush()) {
                    return;
                }
            } finally {
                writing.unlock();
            }
        }
    }

    /** Answers false when the socket takes no more for now; {@link #read} then goes on. */
    private boolean flush() throws IOException {
        while (true) {
            while (unsent.size() < GATHERED && outbox.poll() instanceof ByteBuffer next) {
                for (var at = 0; at < next.limit(); at += PIECE) {
                    unsent.add(next.slice(at, Math.min(PIECE, next.limit() - at)));
                }
            }
            if (unsent.isEmpty()) {
                return true;
            }
            var wrote = channel.write(unsent.stream().limit(GATHERED).toArray(ByteBuffer[]::new));
            while (!unsent.isEmpty() && !unsent.getFirst().hasRemaining()) {
                unsent.removeFirst();
            }
            if (!unsent.isEmpty() && unsent.getFirst().position() > 0 || wrote == 0) {
                key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                selector.wakeup();
                return false;
            }
        }
    }

    /** Reads frames until the connection ends, which is an exception. */
    void read(Consumer<Frame> receive) throws IOException {
        var piece = ByteBuffer.allocateDirect(PIECE);
        var buffer = ByteBuffer.allocate(PIECE);
        while (true) {
            selector.select();
            selector.selectedKeys().clear();
            if (key.isWritable()) {
                writeOn();
            }
            if (!key.isReadable()) {
                continue;
            }
            if (channel.read(piece.clear()) < 0) {
                throw new EOFException("the host closed its connection");
            }
            if (buffer.remaining() < piece.flip().remaining()) {
                buffer = ByteBuffer.allocate(2 * buffer.capacity()).put(buffer.flip());
            }
            buffer = takeFrames(buffer.put(piece).flip(), receive);
        }
    }

    private void writeOn() throws IOException {
        writing.lock();
        try {
            key.interestOps(SelectionKey.OP_READ);
            flush();
        } finally {
            writing.unlock();
        }
    }

    /** Answers a buffer to read on into: what is left of this one, with room for the frame that began. */
    private static ByteBuffer takeFrames(ByteBuffer buffer, Consumer<Frame> receive) throws IOException {
        while (buffer.remaining() >= 4) {
            var length = buffer.getInt(buffer.position());
            if (length < 0 || length > Frame.MAX_BYTES) {
                throw new IOException("a frame of " + length + " bytes");
            }
            if (buffer.remaining() < 4 + length) {
                if (buffer.capacity() < 4 + length) {
                    return ByteBuffer.allocate(4 + length).put(buffer);
                }
                break;
            }
            buffer.getInt();
            receive.accept(Frame.decoded(buffer, buffer.position() + length));
        }
        return !buffer.hasRemaining() && buffer.capacity() > PIECE ? ByteBuffer.allocate(PIECE) : buffer.compact();
    }

    @Override
    public void close() throws IOException {
        channel.close();
        selector.close();
    }
}
