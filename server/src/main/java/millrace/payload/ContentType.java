package millrace.payload;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/**
 * A parsed {@code content-type}.
 *
 * @param type in lower case, empty when none was sent
 * @param parameters by lower-case name
 */
record ContentType(String type, Map<String, String> parameters) {
    private static final Set<String> FILES = Set.of(
            "application/pdf",
            "application/zip",
            "application/x-zip-compressed",
            "application/gzip",
            "application/x-gzip",
            "application/octet-stream");

    static ContentType of(@Nullable String header) {
        if (header == null) {
            return new ContentType("", Map.of());
        }
        var semicolon = header.indexOf(';');
        var type = (semicolon < 0 ? header : header.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        if (semicolon < 0) {
            return new ContentType(type, Map.of());
        }
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return new ContentType(type, parser.parse(header.substring(semicolon + 1), ';'));
    }

    boolean json() {
        return type.equals("application/json") || type.equals("text/json") || type.endsWith("+json");
    }

    boolean form() {
        return type.equals("application/x-www-form-urlencoded");
    }

    boolean multipart() {
        return type.equals("multipart/form-data");
    }

    /** What is kept as a file whatever its bytes are. */
    boolean file() {
        return FILES.contains(type)
                || type.startsWith("image/")
                || type.startsWith("video/")
                || type.startsWith("audio/");
    }

    /** The charset that the sender names, UTF-8 when it names none or one that nobody knows. */
    Charset charset() {
        var name = parameters.get("charset");
        try {
            return name == null || name.isBlank() ? StandardCharsets.UTF_8 : Charset.forName(name.strip());
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return StandardCharsets.UTF_8;
        }
    }
}
