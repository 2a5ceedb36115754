package millrace.nativepiece;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import millrace.engine.Json;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code {filename, extension, base64}} of a FILE property's text: a data URI is decoded, an http(s) address is
 * fetched through the guarded sender.
 */
@FunctionalInterface
interface FileInput {
    /** For places where nothing may be fetched. */
    FileInput REFUSED = text -> null;

    Pattern DATA_URI = Pattern.compile("data:([^;,]*)(?:;[^;,]*)*;base64,(.*)", Pattern.DOTALL);
    Pattern WEB = Pattern.compile("https?://.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    Pattern STAR_NAME = Pattern.compile("filename\\*\\s*=\\s*[^']*'[^']*'([^;]+)", Pattern.CASE_INSENSITIVE);
    Pattern PLAIN_NAME = Pattern.compile("filename\\s*=\\s*(?:\"([^\"]*)\"|([^;]+))", Pattern.CASE_INSENSITIVE);
    Map<String, String> EXTENSIONS = Map.ofEntries(
            Map.entry("application/json", "json"),
            Map.entry("application/pdf", "pdf"),
            Map.entry("application/xml", "xml"),
            Map.entry("application/zip", "zip"),
            Map.entry("application/gzip", "gz"),
            Map.entry("image/gif", "gif"),
            Map.entry("image/jpeg", "jpeg"),
            Map.entry("image/png", "png"),
            Map.entry("image/svg+xml", "svg"),
            Map.entry("image/webp", "webp"),
            Map.entry("text/css", "css"),
            Map.entry("text/csv", "csv"),
            Map.entry("text/html", "html"),
            Map.entry("text/plain", "txt"),
            Map.entry("text/xml", "xml"));

    /** The file, or null when the text names none or it can't be had. */
    @Nullable
    JsonNode read(String text);

    static FileInput through(ActionCall call) {
        return text -> {
            var data = DATA_URI.matcher(text);
            if (data.matches()) {
                return decoded(data.group(1), data.group(2));
            }
            return WEB.matcher(text).matches() ? fetched(text, call) : null;
        };
    }

    private static @Nullable JsonNode decoded(String type, String base64) {
        try {
            var extension = extension(type);
            return file(
                    "unknown." + extension, extension, Base64.getMimeDecoder().decode(base64));
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    private static @Nullable JsonNode fetched(String url, ActionCall call) {
        var request = new HttpCall("GET", url, List.of(), null, call.timeout(), true);
        return switch (call.http().send(request)) {
            case HttpOutcome.Answered answer
            when answer.status() / 100 == 2 -> {
                var name = fileName(url, answer);
                var dot = name.lastIndexOf('.');
                yield file(name, dot < 0 ? "" : name.substring(dot + 1), answer.body());
            }
            case HttpOutcome.Answered refused -> null;
            case HttpOutcome.Unanswered nothing -> null;
            case HttpOutcome.Invalid invalid -> null;
            case HttpOutcome.Blocked blocked -> throw new PieceFailure("SSRFBlockedError", blocked.reason());
        };
    }

    private static JsonNode file(String name, String extension, byte[] bytes) {
        return Json.object()
                .put("filename", name)
                .put("extension", extension)
                .put("base64", Base64.getEncoder().encodeToString(bytes));
    }

    private static String fileName(String url, HttpOutcome.Answered answer) {
        var disposition = header(answer, "content-disposition");
        var star = STAR_NAME.matcher(disposition);
        if (star.find()) {
            return unescaped(star.group(1).strip());
        }
        var plain = PLAIN_NAME.matcher(disposition);
        if (plain.find()) {
            return plain.group(1) != null ? plain.group(1) : plain.group(2).strip();
        }
        var path = url.replaceFirst("[?#].*", "");
        var last = path.substring(path.lastIndexOf('/') + 1);
        return last.contains(".") && !path.endsWith("//" + last)
                ? unescaped(last)
                : "unknown." + extension(header(answer, "content-type"));
    }

    private static String header(HttpOutcome.Answered answer, String name) {
        return answer.headers().stream()
                .filter(header -> header.name().equalsIgnoreCase(name))
                .map(HttpCall.Header::value)
                .findFirst()
                .orElse("");
    }

    private static String extension(String contentType) {
        var type = contentType.replaceFirst(";.*", "").strip().toLowerCase(Locale.ROOT);
        return EXTENSIONS.getOrDefault(type, "bin");
    }

    private static String unescaped(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEscaped) {
            return text;
        }
    }
}
