package millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    /** What the launcher itself calls before it needs Node. */
    private static final List<String> TOOLS = List.of("sh", "dirname", "readlink", "sed", "head", "java", "mvn");

    @TempDir
    Path directory;

    private String output = "";

    @Test
    void help_names_every_command() throws Exception {
        assertThat(run(Map.of(), "help")).isZero();
        assertThat(output)
                .contains(
                        "server",
                        "test [part",
                        "db migrate",
                        "db rollback",
                        "db status",
                        "run why",
                        "bench ",
                        "torture");
    }

    @Test
    void an_unknown_command_is_refused() throws Exception {
        assertThat(run(Map.of(), "sevrer")).isEqualTo(64);
        assertThat(output).endsWith("millrace: there is no command \"sevrer\"\n");
    }

    @Test
    void a_missing_tool_is_named_with_the_way_to_get_it() throws Exception {
        var path = Files.createDirectory(directory.resolve("bin"));
        for (var tool : TOOLS) {
            var script = Files.writeString(path.resolve(tool), "#!/bin/sh\nexec " + found(tool) + " \"$@\"\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }

        assertThat(run(Map.of("PATH", path.toString()), "server")).isEqualTo(69);
        assertThat(output)
                .isEqualTo("millrace: needs Node 20 or later: install it (Debian: apt-get install nodejs npm)\n");
    }

    @Test
    void bad_settings_end_with_78_and_the_working_directory_stays_the_callers() throws Exception {
        Files.writeString(directory.resolve(".env"), "AP_PORT=eighty\n");

        assertThat(run(Map.of(), "server")).isEqualTo(78);
        assertThat(output).contains("AP_PORT: \"eighty\"");
        assertThat(directory.resolve("activepieces.db")).doesNotExist();
    }

    @Test
    void a_link_to_the_launcher_is_the_launcher() throws Exception {
        var link = Files.createSymbolicLink(directory.resolve("flows"), ServerProcess.launcher());

        assertThat(run(link, Map.of(), "version")).isZero();
        assertThat(output).matches("millrace \\d+\\.\\d+\\.\\d+\n");
    }

    private int run(Map<String, String> environment, String command) throws Exception {
        return run(ServerProcess.launcher(), environment, command);
    }

    private int run(Path launcher, Map<String, String> environment, String command) throws Exception {
        var log = directory.resolve("output.log");
        var builder = new ProcessBuilder(launcher.toString(), command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        var process = builder.start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        output = Files.readString(log);
        return process.exitValue();
    }

    private static Path found(String tool) throws IOException {
        for (var folder : System.getenv("PATH").split(":")) {
            var file = Path.of(folder, tool);
            if (Files.isExecutable(file)) {
                return file.toRealPath();
            }
        }
        throw new IllegalStateException("no " + tool + " on this machine");
    }
}
