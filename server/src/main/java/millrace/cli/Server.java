package millrace.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import millrace.Millrace;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Starts the server and keeps it running until the process is told to end. */
@Command(name = "server")
final class Server implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init")
    private Main main;

    @Override
    public Integer call() throws InterruptedException {
        var settings = main.settings(System.out);
        var log = LoggerFactory.getLogger(Server.class);
        settings.warnings().forEach(log::warn);
        log.debug("settings read {} ms after the JVM's start", Uptime.millis());
        var server = Millrace.start(settings);
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "shutdown"));
        log.info(
                "listening on port {}, {} ms after the JVM's start; open {}",
                server.port(),
                Uptime.millis(),
                settings.http().frontendUrl());
        // The signal that ends the process runs the hook above; nothing else ends it.
        new CountDownLatch(1).await();
        return 0;
    }
}
