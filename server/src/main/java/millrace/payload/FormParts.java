package millrace.payload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import millrace.engine.MillraceException;
import org.apache.commons.fileupload2.core.FileUploadSizeException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/** The parts of a multipart/form-data body (RFC 7578), in the order sent. */
final class FormParts {
    private static final int MAX_PARTS = 100_000;
    private static final int MAX_HEADER_BYTES = 16 * 1024;

    private FormParts() {}

    /**
     * One part.
     *
     * @param fileName null for a field, empty for a file that was not chosen
     */
    record Part(
            String name,
            @Nullable String fileName,
            @Nullable String contentType,
            byte[] content) {}

    /** @throws MillraceException VALIDATION (400) for what is no such body */
    static List<Part> of(byte[] bytes, @Nullable String boundary) {
        if (boundary == null || boundary.isEmpty()) {
            throw MillraceException.invalid("multipart body without a boundary in its content-type");
        }
        var parts = new ArrayList<Part>();
        try {
            var input = MultipartInput.builder()
                    .setByteArray(bytes)
                    .setBoundary(boundary.getBytes(StandardCharsets.UTF_8))
                    .setMaxPartHeaderSize(MAX_HEADER_BYTES)
                    .get();
            input.setHeaderCharset(StandardCharsets.UTF_8);
            for (var more = input.skipPreamble(); more; more = input.readBoundary()) {
                if (parts.size() == MAX_PARTS) {
                    throw MillraceException.invalid("body has more than 100,000 parts");
                }
                var headers = headers(input.readHeaders());
                var content = new ByteArrayOutputStream();
                input.readBodyData(content);
                parts.add(part(headers, content.toByteArray()));
            }
        } catch (FileUploadSizeException tooLong) {
            throw MillraceException.invalid("a part of the multipart body has more than 16 KB of headers");
        } catch (IOException | IllegalArgumentException broken) {
            throw MillraceException.invalid("the multipart body is broken");
        }
        if (parts.isEmpty() && !closed(bytes, boundary)) {
            throw MillraceException.invalid("the multipart body is broken");
        }
        return parts;
    }

    private static Part part(Map<String, String> headers, byte[] content) {
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        var disposition = parser.parse(headers.getOrDefault("content-disposition", ""), ';');
        var name = disposition.get("name");
        if (!disposition.containsKey("form-data") || name == null) {
            throw MillraceException.invalid("a part of the multipart body has no name");
        }
        var fileName = disposition.containsKey("filename")
                ? Objects.requireNonNullElse(disposition.get("filename"), "")
                : null;
        return new Part(name, fileName, headers.get("content-type"), content);
    }

    private static Map<String, String> headers(String block) {
        var headers = new LinkedHashMap<String, String>();
        for (var line : block.replaceAll("\r\n[ \t]+", " ").split("\r\n", -1)) {
            var colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        return headers;
    }

    /** A form without any field is nothing but its end. */
    private static boolean closed(byte[] bytes, String boundary) {
        return new String(bytes, StandardCharsets.ISO_8859_1).strip().equals("--" + boundary + "--");
    }
}
