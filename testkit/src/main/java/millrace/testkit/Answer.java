package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import millrace.engine.Json;

/** What a server answered. */
public record Answer(int status, HttpHeaders headers, byte[] bytes) {
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    public JsonNode json() {
        // A run shows values of the greatest depth within its own document.
        return Json.readStored(bytes);
    }

    /** The body of a success; anything else ends the test with what was answered. */
    public JsonNode success() {
        if (status < 200 || status > 299) {
            throw new AssertionError("answered " + status + ": " + text());
        }
        return json();
    }
}
