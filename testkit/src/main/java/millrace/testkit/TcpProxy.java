package millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** The network between a server and its database: connections can be cut, or fall silent without being closed. */
public final class TcpProxy implements AutoCloseable {
    private static final int BUFFER = 16 * 1024;
    private static final long PAUSE_NANOS = 5_000_000;

    private final ServerSocket door;
    private final int target;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;

    private TcpProxy(ServerSocket door, int target) {
        this.door = door;
        this.target = target;
    }

    /** Listens on a free port of this machine and passes everything on to {@code target}. */
    public static TcpProxy to(int target) {
        try {
            var proxy = new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
            Thread.ofPlatform().daemon().name("proxy").start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return door.getLocalPort();
    }

    /** Breaks all connections; new ones are taken. */
    public void cut() {
        open.forEach(TcpProxy::closeQuietly);
    }

    /** Nothing passes any more, in either direction, and nothing says so. */
    public void silence() {
        silent = true;
    }

    /** What was held back passes on. */
    public void speak() {
        silent = false;
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        speak();
        cut();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var near = door.accept();
                open.add(near);
                Thread.ofVirtual().start(() -> connect(near));
            } catch (IOException e) {
                // Closed, or a connection that was gone at once.
            }
        }
    }

    private void connect(Socket near) {
        try {
            var far = new Socket(InetAddress.getLoopbackAddress(), target);
            open.add(far);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pass(near, far));
            pass(far, near);
        } catch (IOException e) {
            closeQuietly(near);
        }
    }

    private void pass(Socket from, Socket to) {
        var buffer = new byte[BUFFER];
        try {
            for (int read = from.getInputStream().read(buffer);
                    read >= 0;
                    read = from.getInputStream().read(buffer)) {
                while (silent) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            // One side has gone: so does the other.
        } finally {
            open.remove(from);
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed as far as it can be.
        }
    }
}
