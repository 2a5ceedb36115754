package millrace.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.Set;

/**
 * HTTP/1.1 connections that are read to their end before they are closed on an error. A socket that is closed while the
 * client still sends is reset by the kernel, and the client loses the answer (413, 400) that said why. What is read is
 * thrown away, at most {@link #MAX_BYTES} and for {@link #MAX_TIME}.
 */
final class LingeringConnections implements ServerConnectionSelector {
    private static final long MAX_BYTES = 256L * 1024 * 1024;
    private static final Duration MAX_TIME = Duration.ofSeconds(10);

    private final Http1ConnectionSelector selector;

    LingeringConnections(Http1ConnectionSelector selector) {
        this.selector = selector;
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
        private volatile long drainingSince;

        private Lingering(ServerConnection connection, DataReader reader) {
            this.connection = connection;
            this.reader = reader;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            try {
                connection.handle(limit);
            } finally {
                drain();
            }
        }

        /** Long while draining takes too long, so that Helidon's check of idle connections ends it. */
        @Override
        public Duration idleTime() {
            long since = drainingSince;
            return since != 0 && System.nanoTime() - since > MAX_TIME.toNanos()
                    ? Duration.ofDays(1)
                    : connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
        }

        private void drain() {
            drainingSince = System.nanoTime();
            try {
                for (long read = 0; read < MAX_BYTES && System.nanoTime() - drainingSince < MAX_TIME.toNanos(); ) {
                    reader.ensureAvailable();
                    int available = reader.available();
                    reader.skip(available);
                    read += available;
                }
            } catch (RuntimeException e) {
                // The client has closed or broken the connection: nothing is left to read, which is what was waited
                // for.
            }
        }
    }
}
