package millrace.piece;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;
import millrace.engine.Json;

/** Whether code can reach anything outside its own values: decides its host and when its step becomes durable. */
public enum Effects {
    PURE,
    EFFECTFUL;

    // Text, not syntax: a mention in a comment costs one flush, a missed one would cost the code its fetch. What is
    // spelled in another way (globalThis['fe' + 'tch']) is pure, and the pure host has nothing of that name.
    private static final Pattern MENTION = Pattern.compile("\\b(?:fetch|require|import|process"
            // Node's classes that a pure host does not have.
            + "|Buffer|AbortController|AbortSignal|FormData|ReadableStream|TransformStream|CompressionStream)\\b");

    /** Reads the step's source and its package.json; dependencies need a host with {@code require}. */
    public static Effects of(String source, String packageJson) {
        return MENTION.matcher(source).find() || hasDependencies(packageJson) ? EFFECTFUL : PURE;
    }

    private static boolean hasDependencies(String packageJson) {
        if (packageJson.isBlank() || packageJson.indexOf("ependencies") < 0) {
            return false;
        }
        try {
            return Json.read(packageJson).path("dependencies") instanceof JsonNode all && !all.isEmpty();
        } catch (IllegalArgumentException e) {
            // Broken text fails the step where its dependencies are read, not here.
            return true;
        }
    }
}
