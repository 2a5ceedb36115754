package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickStartTest {
    private static final Pattern FIRST_FLOW = Pattern.compile("## A first flow.*?```sh\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path directory;

    @Test
    void the_first_flow_of_the_readme_works_when_pasted() throws IOException, InterruptedException {
        try (var server = ServerProcess.start(Map.of())) {
            var output = paste(firstFlow().replace("http://localhost:8080", server.base()));

            assertThat(output).containsPattern("(?m)^6$").contains("\"status\":\"SUCCEEDED\"");
            assertThat(server.directory().resolve("activepieces.db")).exists();
            assertThat(server.directory().resolve(".millrace/keys.env")).exists();
        }
    }

    private static String firstFlow() throws IOException {
        var readme = Files.readString(ServerProcess.launcher().resolveSibling("README.md"));
        var block = FIRST_FLOW.matcher(readme);
        assertThat(block.find())
                .as("a block of commands under \"A first flow\"")
                .isTrue();
        return block.group(1);
    }

    private String paste(String commands) throws IOException, InterruptedException {
        var output = directory.resolve("output");
        var shell = new ProcessBuilder("sh", "-e", "-c", commands)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
        var text = Files.readString(output);
        assertThat(shell.exitValue()).as(text).isZero();
        return text;
    }
}
