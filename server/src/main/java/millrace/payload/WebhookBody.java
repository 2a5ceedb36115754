package millrace.payload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import millrace.file.FileService;
import millrace.file.FileType;
import millrace.http.Exchange;
import millrace.http.JsonText;
import millrace.http.QueryParams;
import org.jspecify.annotations.Nullable;

/**
 * Makes the payload {@code {method, headers, body, queryParams, rawBody?}} of a request (reference/rest-api §6). JSON
 * and forms are parsed, texts are kept as they are, everything else is stored and replaced by its address. What is sent
 * as JSON or as a form and is none is refused; bytes under a text type that are no text become a file (design §11).
 */
public final class WebhookBody {
    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS");
    private static final int MAX_FILES = 1_000;

    private final FileService files;

    public WebhookBody(FileService files) {
        this.files = files;
    }

    /**
     * The payload of an exchange. Stores files in the project, so the caller has found the flow before.
     *
     * @throws MillraceException VALIDATION (400) or FILE_TOO_LARGE; a body over the route's limit ends the exchange
     */
    public ObjectNode read(String projectId, Exchange exchange) {
        return read(projectId, exchange.method(), exchange.headers(), exchange.rawQuery(), exchange.body());
    }

    /**
     * The payload of a request in parts.
     *
     * @param headers by lower-case name
     */
    ObjectNode read(String projectId, String method, Map<String, String> headers, String rawQuery, byte[] bytes) {
        var type = ContentType.of(headers.get("content-type"));
        var payload = Json.object().put("method", method);
        var shown = payload.putObject("headers");
        headers.forEach(shown::put);
        payload.set("body", body(projectId, method, type, bytes));
        payload.set("queryParams", query(rawQuery));
        var raw = rawBody(type, bytes);
        if (raw != null) {
            payload.put("rawBody", raw);
        }
        return payload;
    }

    private JsonNode body(String projectId, String method, ContentType type, byte[] bytes) {
        if (bytes.length == 0 && !(type.json() && !WITHOUT_BODY.contains(method))) {
            return Json.object();
        }
        if (type.json()) {
            return JsonText.read(bytes);
        }
        if (type.form()) {
            return Fields.ofForm(bytes);
        }
        if (type.multipart()) {
            return multipart(projectId, FormParts.of(bytes, type.parameters().get("boundary")));
        }
        var text = type.file() ? null : Text.decoded(bytes, type.charset());
        return text == null ? kept(projectId, type, bytes) : TextNode.valueOf(text);
    }

    private ObjectNode kept(String projectId, ContentType type, byte[] bytes) {
        var mimeType = type.type().isEmpty() ? null : type.type();
        var id = files.store(projectId, FileType.FLOW_STEP_FILE, null, bytes, mimeType);
        return Json.object().put("fileUrl", files.link(id));
    }

    private ObjectNode multipart(String projectId, List<FormParts.Part> parts) {
        var newFiles = new ArrayList<FileService.NewFile>();
        for (var part : parts) {
            if (isFile(part)) {
                newFiles.add(new FileService.NewFile(
                        FileType.FLOW_STEP_FILE, part.fileName(), part.content(), part.contentType()));
            }
        }
        if (newFiles.size() > MAX_FILES) {
            throw MillraceException.invalid("body has more than " + MAX_FILES + " files");
        }
        // Fields are checked before anything is stored.
        var texts = parts.stream().map(WebhookBody::text).toList();
        var ids = files.store(projectId, newFiles).iterator();
        var fields = new Fields();
        for (var i = 0; i < parts.size(); i++) {
            var part = parts.get(i);
            if (isFile(part)) {
                fields.add(part.name(), files.link(ids.next()));
            } else if (part.fileName() == null) {
                fields.add(part.name(), texts.get(i));
            }
            // A part with an empty file name is a file input in which nothing was chosen.
        }
        return fields.json();
    }

    private static boolean isFile(FormParts.Part part) {
        return part.fileName() != null && !part.fileName().isEmpty();
    }

    private static String text(FormParts.Part part) {
        if (part.fileName() != null) {
            return "";
        }
        var text =
                Text.decoded(part.content(), ContentType.of(part.contentType()).charset());
        if (text == null) {
            throw MillraceException.invalid("body/" + part.name() + " must be valid UTF-8 text");
        }
        return text;
    }

    private static ObjectNode query(String rawQuery) {
        var query = Json.object();
        QueryParams.lenient(rawQuery).all().forEach((name, values) -> {
            if (values.size() == 1) {
                query.put(name, values.getFirst());
            } else {
                values.forEach(query.putArray(name)::add);
            }
        });
        return query;
    }

    /** The text as it was sent, for signatures over it; none for files, and none for what is no text. */
    private static @Nullable String rawBody(ContentType type, byte[] bytes) {
        if (bytes.length == 0 || type.multipart() || type.file()) {
            return null;
        }
        var charset = type.json() || type.form() ? StandardCharsets.UTF_8 : type.charset();
        return Text.decoded(bytes, charset);
    }
}
