package millrace.expression;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import millrace.engine.Json;

/** Asks JavaScript itself, one process for a whole batch. */
final class Node {
    private Node() {}

    static JsonNode answer(JsonNode batch) {
        try {
            Path input = Files.createTempFile("agreement", ".json");
            Path script = Files.createTempFile("agreement", ".mjs");
            try (var source = Node.class.getResourceAsStream("agreement.mjs")) {
                Files.write(script, source.readAllBytes());
                Files.write(input, Json.bytes(batch));
                var builder = new ProcessBuilder("node", script.toString()).redirectInput(input.toFile());
                builder.redirectError(ProcessBuilder.Redirect.INHERIT)
                        .environment()
                        .put("TZ", "UTC");
                Process process = builder.start();
                byte[] output = process.getInputStream().readAllBytes();
                assertThat(process.waitFor()).isZero();
                return Json.read(output);
            } finally {
                Files.delete(input);
                Files.delete(script);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
