package millrace.file;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import millrace.engine.MillraceException;
import millrace.http.Answer;
import millrace.http.Call;
import millrace.http.Room;
import millrace.http.Routes;

/** Reading files by signed links (reference/rest-api §16). */
public final class FileRoutes implements Room {
    static final String ANY_BYTES = "application/octet-stream";

    private static final String UNRESERVED = "-._~";

    private final FileService files;

    public FileRoutes(FileService files) {
        this.files = files;
    }

    @Override
    public void declare(Routes routes) {
        routes.get("/step-files/signed", this::signed).open();
    }

    private Answer signed(Call call) {
        var token = call.query().text("token");
        if (token == null) {
            throw MillraceException.invalid("querystring/token is required");
        }
        var file = files.open(token);
        return new Answer(
                200,
                Map.of(
                        "content-type",
                        ANY_BYTES,
                        "content-disposition",
                        attachment(file),
                        // A browser must not guess a page or script out of what somebody uploaded.
                        "x-content-type-options",
                        "nosniff",
                        "cache-control",
                        "private, max-age=31536000, immutable"),
                file.bytes());
    }

    static String attachment(StoredFile file) {
        return "attachment; filename*=UTF-8''" + escaped(file.fileName() == null ? file.id() : file.fileName());
    }

    private static String escaped(String name) {
        var result = new StringBuilder();
        for (var b : name.getBytes(StandardCharsets.UTF_8)) {
            var c = (char) (b & 0xff);
            var plain = c < 0x80 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0);
            result.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
        }
        return result.toString();
    }
}
