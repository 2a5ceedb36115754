package millrace.pieces;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import millrace.engine.Json;
import millrace.nativepiece.Input;
import org.jspecify.annotations.Nullable;

/** A multipart/form-data body (RFC 7578) of the fields of {@code send_request}. */
final class FormBody {
    private final JsonNode fields;
    private final String boundary;

    private FormBody(JsonNode fields, String boundary) {
        this.fields = fields;
        this.boundary = boundary;
    }

    /** @param key makes the boundary: the same for each try, unknown to whoever wrote the content */
    static FormBody of(Input body, String key) {
        var data = body.value("data");
        return new FormBody(data == null ? Json.array() : data, "millrace-" + digest(key));
    }

    String contentType() {
        return "multipart/form-data; boundary=" + boundary;
    }

    /** Empty texts and missing files are left out. */
    byte[] bytes() {
        var out = new ByteArrayOutputStream();
        for (var field : fields) {
            var name = field.path("fieldName").asText();
            var file = field.path("fileFieldValue");
            var text = field.path("textFieldValue").asText("");
            if (field.path("fieldType").asText().equals("file")) {
                if (file.isObject()) {
                    part(out, name, file.path("filename").asText("file"), decoded(file));
                }
            } else if (!text.isEmpty()) {
                part(out, name, null, text.getBytes(StandardCharsets.UTF_8));
            }
        }
        out.writeBytes(("--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private void part(ByteArrayOutputStream out, String name, @Nullable String fileName, byte[] content) {
        var head = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quoted(name) + "\""
                + (fileName == null
                        ? ""
                        : "; filename=\"" + quoted(fileName) + "\"\r\nContent-Type: application/octet-stream")
                + "\r\n\r\n";
        out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        out.writeBytes(content);
        out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] decoded(JsonNode file) {
        return Base64.getDecoder().decode(file.path("base64").asText(""));
    }

    /** As browsers escape names. */
    private static String quoted(String text) {
        return text.replace("\r", "%0D").replace("\n", "%0A").replace("\"", "%22");
    }

    private static String digest(String key) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
