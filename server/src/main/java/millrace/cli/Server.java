package millrace.cli;

import java.util.concurrent.CountDownLatch;
import millrace.Millrace;
import millrace.config.Settings;
import org.slf4j.LoggerFactory;

/** Starts the server and keeps it running until the process is told to end. */
final class Server {
    private Server() {}

    static int serve(Settings settings) throws InterruptedException {
        var log = LoggerFactory.getLogger(Server.class);
        settings.warnings().forEach(log::warn);
        var server = Millrace.start(settings);
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "shutdown"));
        log.info("listening on port {}; open {}", server.port(), settings.http().frontendUrl());
        // The signal that ends the process runs the hook above; nothing else ends it.
        new CountDownLatch(1).await();
        return 0;
    }
}
