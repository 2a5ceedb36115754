package millrace.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import millrace.access.Patience;

/** Reads the body of a request within a limit. The limit counts each decoded byte once. */
final class Bodies {
    private static final byte[] NONE = {};

    private Bodies() {}

    static byte[] read(ServerRequest request, long maxBytes) {
        long announced = request.headers().contentLength().orElse(-1);
        if (announced > maxBytes) {
            throw BadRequest.tooLarge();
        }
        if (!request.content().hasEntity()) {
            return NONE;
        }
        try {
            var in = request.content().inputStream();
            var encoding = encoding(request);
            var bytes = encoding.isEmpty() && announced >= 0
                    ? exactly(in, (int) announced)
                    : upTo(decoded(in, encoding), maxBytes);
            Patience.current().ifPresent(patience -> patience.holds(bytes.length));
            return bytes;
        } catch (ZipException | EOFException e) {
            throw BadRequest.of("The body is not what its content-encoding says");
        } catch (IOException | UncheckedIOException | DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the connection broke within a body", e);
        } catch (NumberFormatException | DataReader.IncorrectNewLineException e) {
            throw BadRequest.of("The body is not well-framed HTTP");
        } catch (RequestException e) {
            throw e.status().code() == 413 ? BadRequest.tooLarge() : BadRequest.of("The body is not well-framed HTTP");
        }
    }

    private static String encoding(ServerRequest request) {
        var encoding = request.headers()
                .first(HeaderNames.CONTENT_ENCODING)
                .orElse("")
                .trim()
                .toLowerCase(Locale.ROOT);
        return encoding.equals("identity") ? "" : encoding;
    }

    private static InputStream decoded(InputStream in, String encoding) throws IOException {
        return switch (encoding) {
            case "" -> in;
            case "gzip", "x-gzip" -> new GZIPInputStream(in, 8_192);
            case "deflate" -> new InflaterInputStream(in);
            default -> throw BadRequest.unsupported("Unsupported content-encoding");
        };
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        var bytes = new byte[length];
        for (int at = 0; at < length; ) {
            int count = in.read(bytes, at, length - at);
            if (count < 0) {
                throw new IOException("the body ended early");
            }
            at += count;
        }
        return bytes;
    }

    private static byte[] upTo(InputStream in, long maxBytes) throws IOException {
        var out = new ByteArrayOutputStream();
        var buffer = new byte[16_384];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            if (out.size() + (long) count > maxBytes) {
                throw BadRequest.tooLarge();
            }
            out.write(buffer, 0, count);
        }
        return out.toByteArray();
    }
}
