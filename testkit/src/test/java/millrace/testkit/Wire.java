package millrace.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import millrace.engine.Json;

/** Says to a server exactly what a test wants, on a connection of its own, and reads the first answer. */
final class Wire {
    private static final int SILENCE_MILLIS = 30_000;

    private final URI base;

    private Wire(URI base) {
        this.base = base;
    }

    static Wire to(String base) {
        return new Wire(URI.create(base));
    }

    /** @param status -1 when the connection ended without an answer */
    record Reply(int status, String head, String body) {
        JsonNode json() {
            return Json.read(body);
        }
    }

    Reply ask(String method, String target, Map<String, String> headers, byte[] body) {
        var all = new LinkedHashMap<>(Map.of("host", "millrace.test"));
        all.put("content-length", Integer.toString(body.length));
        all.putAll(headers);
        var head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
        all.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        return say(head.append("\r\n").toString(), body);
    }

    /** @param text one byte a character */
    Reply say(String text, byte[]... more) {
        try (var socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(SILENCE_MILLIS);
            socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
            for (var bytes : more) {
                socket.getOutputStream().write(bytes);
            }
            return reply(new BufferedInputStream(socket.getInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "not answered: " + text.lines().findFirst().orElse(""), e);
        }
    }

    private static Reply reply(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            var one = in.read();
            if (one < 0) {
                return new Reply(-1, head.toString(StandardCharsets.ISO_8859_1), "");
            }
            head.write(one);
        }
        var text = head.toString(StandardCharsets.ISO_8859_1);
        var length = text.lines()
                .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
                .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
        return new Reply(
                Integer.parseInt(text.substring(9, 12)),
                text,
                new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }
}
