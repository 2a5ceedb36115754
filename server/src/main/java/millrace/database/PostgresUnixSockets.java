package millrace.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** Connections by the file in a server's socket folder, for the driver, which knows TCP only. */
public final class PostgresUnixSockets extends UnconnectedSockets {
    private final UnixDomainSocketAddress address;

    /** @param file the whole path, as {@code /var/run/postgresql/.s.PGSQL.5432} */
    public PostgresUnixSockets(String file) {
        this.address = UnixDomainSocketAddress.of(file);
    }

    @Override
    public Socket createSocket() throws IOException {
        return new UnixSocket(address);
    }

    /** What the driver needs of a socket. One thread reads, one writes, any may close. */
    private static final class UnixSocket extends Socket {
        private static final int BUFFER = 64 * 1024;

        private final UnixDomainSocketAddress address;
        private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        private volatile int timeout;

        UnixSocket(UnixDomainSocketAddress address) throws IOException {
            this.address = address;
        }

        @Override
        public void connect(SocketAddress ignored, int millis) throws IOException {
            try {
                channel.connect(address);
            } catch (IOException e) {
                throw new IOException("no server listens at the socket " + address + ": " + e.getMessage(), e);
            }
        }

        @Override
        public boolean isConnected() {
            return channel.isConnected();
        }

        @Override
        public boolean isClosed() {
            return !channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }

        @Override
        public void setSoTimeout(int millis) {
            timeout = millis;
        }

        @Override
        public int getSoTimeout() {
            return timeout;
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public void setKeepAlive(boolean on) {}

        @Override
        public int getSendBufferSize() {
            return BUFFER;
        }

        @Override
        public InputStream getInputStream() {
            return new InputStream() {
                private final byte[] one = new byte[1];

                @Override
                public int read() throws IOException {
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] bytes, int from, int length) throws IOException {
                    if (timeout > 0) {
                        awaitInput(timeout);
                    }
                    return channel.read(ByteBuffer.wrap(bytes, from, length));
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        }

        private void awaitInput(int millis) throws IOException {
            try (var selector = Selector.open()) {
                channel.configureBlocking(false);
                var key = channel.register(selector, SelectionKey.OP_READ);
                var ready = selector.select(millis);
                key.cancel();
                selector.selectNow();
                channel.configureBlocking(true);
                if (ready == 0) {
                    throw new SocketTimeoutException("no answer from " + address + " within " + millis + " ms");
                }
            }
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int one) throws IOException {
                    write(new byte[] {(byte) one}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    var buffer = ByteBuffer.wrap(bytes, from, length);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        }
    }
}
