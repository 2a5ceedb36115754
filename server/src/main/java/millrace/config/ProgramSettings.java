package millrace.config;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where the program itself lies. The launcher says it; without the launcher (tests, an editor) it is looked for.
 *
 * @param home the folder with {@code host/}
 * @param node the Node binary
 */
public record ProgramSettings(Path home, Path node) {
    /** The version of the program, as flags, messages and archives name it. */
    public static final String VERSION = "0.1.0";

    public Path hostDirectory() {
        return home.resolve("host");
    }

    static ProgramSettings find(Map<String, String> environment) {
        var home = environment.get("MILLRACE_HOME");
        var node = environment.get("MILLRACE_NODE");
        return new ProgramSettings(
                home == null ? checkout() : Path.of(home),
                node == null ? onPath(environment.getOrDefault("PATH", "")) : Path.of(node));
    }

    private static Path checkout() {
        var start = Path.of("").toAbsolutePath();
        for (var folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("millrace")) && Files.exists(folder.resolve("pom.xml"))) {
                return folder;
            }
        }
        return start;
    }

    private static Path onPath(String path) {
        return List.of(path.split(File.pathSeparator)).stream()
                .map(folder -> Path.of(folder, "node"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of("node"));
    }
}
