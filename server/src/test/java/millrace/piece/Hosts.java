package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import millrace.config.SandboxSettings;
import millrace.config.SandboxSettings.ExecutionMode;
import millrace.config.SandboxSettings.NetworkMode;
import millrace.engine.Json;
import millrace.engine.StepResult;

/** Real hosts for tests: the Node of this machine and the folder host/ of this checkout. */
final class Hosts {
    static final Duration LONG = Duration.ofSeconds(60);
    private static final Path DIRECTORY = Path.of("../host").toAbsolutePath().normalize();

    private Hosts() {}

    static HostSettings settings(ExecutionMode mode, long memoryMegabytes) {
        var sandbox = new SandboxSettings(mode, memoryMegabytes << 20, Set.of(), NetworkMode.STRICT, List.of());
        return HostSettings.of(node(), installed(), sandbox, 50L << 20);
    }

    static HostPool pool() {
        return new HostPool(settings(ExecutionMode.AUTO, 256));
    }

    private static Path node() {
        for (var folder : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(folder, "node"))) {
                return Path.of(folder, "node");
            }
        }
        throw new IllegalStateException("no node in PATH");
    }

    /** The launcher installs what host/ needs; a bare Maven build has to. */
    private static synchronized Path installed() {
        if (!Files.exists(DIRECTORY.resolve("node_modules/sucrase"))) {
            try {
                var npm = new ProcessBuilder("npm", "ci", "--omit=dev", "--no-audit", "--no-fund")
                        .directory(DIRECTORY.toFile())
                        .inheritIO()
                        .start();
                if (npm.waitFor() != 0) {
                    throw new IllegalStateException("npm ci in " + DIRECTORY + " failed");
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return DIRECTORY;
    }

    static CodeCall code(String source, String input, Duration timeout) {
        return new CodeCall(
                "project",
                "version/step" + Integer.toHexString(source.hashCode()),
                source,
                "",
                Json.read(input),
                null,
                timeout);
    }

    static StepResult run(HostPool pool, String source) {
        return pool.runCode(code(source, "{}", LONG));
    }

    static JsonNode output(StepResult result) {
        if (result instanceof StepResult.Succeeded succeeded) {
            return succeeded.output();
        }
        throw new AssertionError("expected an output: " + result);
    }

    static String failure(StepResult result) {
        if (result instanceof StepResult.Failed(var error)) {
            return error.message();
        }
        throw new AssertionError("expected a failure: " + result);
    }
}
