package millrace.file;

import java.util.List;
import millrace.engine.MillraceException;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpOutcome;
import millrace.nativepiece.HttpSender;

/**
 * Reads this server's own file links from the table and sends everything else on. A link names the public address,
 * which may be one that flows are not allowed to connect to, such as localhost; the signature in it is what gives the
 * right to read the file, not the way to it.
 */
public final class OwnFileSender implements HttpSender {
    private final FileService files;
    private final HttpSender others;

    public OwnFileSender(FileService files, HttpSender others) {
        this.files = files;
        this.others = others;
    }

    @Override
    public HttpOutcome send(HttpCall call) {
        return call.method().equals("GET")
                ? files.tokenOf(call.url()).map(this::read).orElseGet(() -> others.send(call))
                : others.send(call);
    }

    private HttpOutcome read(String token) {
        try {
            var file = files.open(token);
            var type = file.mimeType() == null ? FileRoutes.ANY_BYTES : file.mimeType();
            return new HttpOutcome.Answered(
                    200,
                    List.of(
                            new HttpCall.Header("content-type", type),
                            new HttpCall.Header("content-disposition", FileRoutes.attachment(file))),
                    file.bytes());
        } catch (MillraceException refused) {
            return new HttpOutcome.Answered(404, List.of(), new byte[0]);
        }
    }
}
