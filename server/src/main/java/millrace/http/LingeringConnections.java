package millrace.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 connections that are read to their end before they are closed on an error. A socket that is closed while the
 * client still sends is reset by the kernel, and the client loses the answer (413, 400) that said why. What is read is
 * thrown away; a client that sends nothing for two seconds, or goes on for thirty, is cut off.
 */
final class LingeringConnections implements ServerConnectionSelector {
    private static final int SILENCE_SECONDS = 2;
    private static final int MAX_SECONDS = 30;

    private final Http1ConnectionSelector selector;

    LingeringConnections(Http1ConnectionSelector selector) {
        this.selector = selector;
    }

    /** Ends a connection on which everything has been said and read: it is closed at once. */
    static final class Finished extends CloseConnectionException {
        private static final long serialVersionUID = 1;

        Finished() {
            super("the client asked to close");
        }
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    /** Everything: what is no HTTP/1.1 is answered as such instead of being dropped without a word. */
    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return selector.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new Lingering(selector.connection(context), context.dataReader());
    }

    private static final class Lingering implements ServerConnection {
        private final ServerConnection connection;
        private final DataReader reader;
        private volatile long drained;

        private Lingering(ServerConnection connection, DataReader reader) {
            this.connection = connection;
            this.reader = reader;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            try {
                connection.handle(limit);
                drain();
            } catch (Finished e) {
                throw e;
            } catch (CloseConnectionException e) {
                drain();
                throw e;
            }
        }

        @Override
        public Duration idleTime() {
            return connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
        }

        private void drain() {
            var done = new CountDownLatch(1);
            var reading = Thread.currentThread();
            Thread.ofVirtual().name("linger-watch").start(() -> watch(reading, done));
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    reader.ensureAvailable();
                    int available = reader.available();
                    reader.skip(available);
                    drained += available;
                }
            } catch (RuntimeException e) {
                // The client has closed or broken the connection: nothing is left to read, which is what was waited
                // for.
            } finally {
                done.countDown();
            }
        }

        /** An interrupt closes the socket that a virtual thread is reading. */
        private void watch(Thread reading, CountDownLatch done) {
            try {
                long seen = -1;
                for (int waited = 0; waited < MAX_SECONDS && drained > seen; waited += SILENCE_SECONDS) {
                    seen = drained;
                    if (done.await(SILENCE_SECONDS, TimeUnit.SECONDS)) {
                        return;
                    }
                }
                reading.interrupt();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
