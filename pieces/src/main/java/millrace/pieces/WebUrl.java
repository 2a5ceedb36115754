package millrace.pieces;

import java.io.ByteArrayOutputStream;
import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An http or https address as people write it: blanks, umlauts, braces and lone percent signs are escaped, as a browser
 * does.
 *
 * @param uri without user, password and fragment
 * @param userInfo {@code user:password} of the address, unescaped
 */
record WebUrl(URI uri, @Nullable String userInfo) {
    private static final Pattern FORM =
            Pattern.compile("(https?)://([^/?#]*)([^?#]*)(\\?[^#]*)?(#.*)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern HOST = Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:\\[\\]]+)(?::(\\d{0,5}))?");
    private static final String PATH_SAFE = "/:@!$&'()*+,;=-._~%";
    private static final String QUERY_SAFE = PATH_SAFE + "?";

    /** @throws IllegalArgumentException when it is none */
    static WebUrl of(String text) {
        var form = FORM.matcher(text.strip().replaceAll("[\\t\\r\\n]", ""));
        if (!form.matches()) {
            throw invalid(text);
        }
        var authority = form.group(2);
        var at = authority.lastIndexOf('@');
        var host = HOST.matcher(authority.substring(at + 1));
        if (!host.matches()) {
            throw invalid(text);
        }
        var path = form.group(3).replace('\\', '/');
        var query = form.group(4);
        try {
            var uri = new URI(form.group(1).toLowerCase(Locale.ROOT)
                    + "://"
                    + hostName(host.group(1))
                    + (host.group(2) == null || host.group(2).isEmpty() ? "" : ":" + host.group(2))
                    + (path.isEmpty() ? "/" : escaped(path, PATH_SAFE))
                    + (query == null || query.length() == 1 ? "" : "?" + escaped(query.substring(1), QUERY_SAFE)));
            if (uri.getHost() == null || uri.getPort() > 65_535) {
                throw invalid(text);
            }
            return new WebUrl(uri, at < 0 ? null : unescaped(authority.substring(0, at)));
        } catch (URISyntaxException notAUri) {
            throw invalid(text);
        }
    }

    /** The target of a redirect. */
    WebUrl resolve(String location) {
        var absolute = Pattern.compile("^[a-z][a-z0-9+.-]*:", Pattern.CASE_INSENSITIVE);
        if (absolute.matcher(location).find()) {
            return of(location);
        }
        if (location.startsWith("//")) {
            return of(uri.getScheme() + ":" + location);
        }
        var rawPath = uri.getRawPath();
        var folder = rawPath.substring(0, rawPath.lastIndexOf('/') + 1);
        var rest =
                location.startsWith("/") ? location : location.startsWith("?") ? rawPath + location : folder + location;
        return new WebUrl(of(origin() + rest).uri().normalize(), null);
    }

    String origin() {
        return uri.getScheme() + "://" + uri.getRawAuthority();
    }

    /** Text that can stand in a query or path without meaning anything there. */
    static String component(String text) {
        return escaped(text.replace("%", "%25"), "-._~!*'()%");
    }

    private static String hostName(String host) {
        return host.startsWith("[") ? host : IDN.toASCII(host, IDN.ALLOW_UNASSIGNED);
    }

    private static String escaped(String text, String safe) {
        var result = new StringBuilder(text.length() + 16);
        for (var b : text.getBytes(StandardCharsets.UTF_8)) {
            var c = (char) (b & 0xff);
            var plain = c < 0x80 && (Character.isLetterOrDigit(c) || safe.indexOf(c) >= 0);
            result.append(plain ? String.valueOf(c) : "%%%02X".formatted((int) c));
        }
        // A percent sign that begins no escape is one itself.
        return result.toString().replaceAll("%(?![0-9a-fA-F]{2})", "%25");
    }

    private static String unescaped(String text) {
        var bytes = new ByteArrayOutputStream();
        var raw = text.getBytes(StandardCharsets.UTF_8);
        for (var i = 0; i < raw.length; i++) {
            var high = i + 2 < raw.length && raw[i] == '%' ? Character.digit(raw[i + 1], 16) : -1;
            var low = high < 0 ? -1 : Character.digit(raw[i + 2], 16);
            if (low < 0) {
                bytes.write(raw[i]);
            } else {
                bytes.write(high * 16 + low);
                i += 2;
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("Invalid URL: " + text);
    }
}
