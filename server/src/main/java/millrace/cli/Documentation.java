package millrace.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import millrace.config.ConfigurationPage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes docs/configuration.md. */
@Command(name = "docs")
final class Documentation implements Callable<Integer> {
    @Parameters(index = "0")
    @SuppressWarnings("NullAway.Init")
    private Path file;

    @Override
    public Integer call() throws IOException {
        Files.writeString(file, ConfigurationPage.text());
        System.out.println("wrote " + file);
        return 0;
    }
}
