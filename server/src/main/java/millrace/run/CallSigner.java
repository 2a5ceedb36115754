package millrace.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import millrace.config.Secret;
import millrace.engine.Json;
import millrace.nativepiece.HttpCall;
import millrace.nativepiece.HttpSender;
import millrace.piece.CodeCall;

/**
 * Says who calls when a step calls a webhook of this server. Only what is signed here counts: whoever else names a parent
 * is not heard (reference/clarifications). A signature holds within one project.
 */
public final class CallSigner {
    /** The header that carries the signed caller. */
    public static final String HEADER = "ap-signed-caller";

    private static final String PURPOSE = "millrace-call";
    private static final String WEBHOOKS = "/api/v1/webhooks/";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final byte[] key;
    private final URI publicUrl;
    private final int port;

    /**
     * A run that calls.
     *
     * @param callers the flows whose runs led to the call, that of the calling run last
     */
    public record Caller(String runId, List<String> callers) {
        public Caller {
            callers = List.copyOf(callers);
        }
    }

    /**
     * @param publicUrl where our webhooks are
     * @param port the port on which they are on this machine; 0: any
     */
    public CallSigner(Secret jwtSecret, URI publicUrl, int port) {
        this.key = hmac(jwtSecret.value().getBytes(StandardCharsets.UTF_8), PURPOSE.getBytes(StandardCharsets.UTF_8));
        this.publicUrl = publicUrl;
        this.port = port;
    }

    /** The sender as a step of this run uses it: calls of our own webhooks say who calls. */
    HttpSender signing(HttpSender sender, String projectId, Caller caller) {
        return call -> sender.send(ours(call.url()) ? signed(call, sign(projectId, caller)) : call);
    }

    /** The same for user code, whose requests its host makes. */
    CodeCall.OwnHeader header(String projectId, Caller caller) {
        return new CodeCall.OwnHeader(
                HEADER, sign(projectId, caller), publicUrl + WEBHOOKS, List.copyOf(LOOPBACK), port, WEBHOOKS);
    }

    private static HttpCall signed(HttpCall call, String signature) {
        var headers = new ArrayList<HttpCall.Header>();
        for (var header : call.headers()) {
            if (!header.name().equalsIgnoreCase(HEADER)) {
                headers.add(header);
            }
        }
        headers.add(new HttpCall.Header(HEADER, signature));
        return new HttpCall(call.method(), call.url(), headers, call.body(), call.timeout(), call.followRedirects());
    }

    private boolean ours(String url) {
        if (url.startsWith(publicUrl + WEBHOOKS)) {
            return true;
        }
        try {
            var target = URI.create(url);
            return target.getHost() != null
                    && LOOPBACK.contains(target.getHost())
                    && (port == 0 || target.getPort() == port)
                    && target.getPath().startsWith(WEBHOOKS);
        } catch (IllegalArgumentException noUrl) {
            return false;
        }
    }

    String sign(String projectId, Caller caller) {
        var claims = Json.object().put("run", caller.runId()).put("project", projectId);
        caller.callers().forEach(claims.putArray("flows")::add);
        var text = encoded(Json.bytes(claims));
        return text + "." + encoded(hmac(key, text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** The caller that a header names; empty when we did not sign it, or not for this project. */
    public Optional<Caller> verified(String header, String projectId) {
        var dot = header.indexOf('.');
        if (dot < 0) {
            return Optional.empty();
        }
        var text = header.substring(0, dot);
        try {
            var signature = Base64.getUrlDecoder().decode(header.substring(dot + 1));
            if (!MessageDigest.isEqual(signature, hmac(key, text.getBytes(StandardCharsets.UTF_8)))) {
                return Optional.empty();
            }
            var claims = (ObjectNode) Json.read(Base64.getUrlDecoder().decode(text));
            if (!claims.path("project").asText().equals(projectId)) {
                return Optional.empty();
            }
            var flows = new ArrayList<String>();
            claims.path("flows").forEach(flow -> flows.add(flow.asText()));
            return Optional.of(new Caller(claims.path("run").asText(), flows));
        } catch (IllegalArgumentException noBase64) {
            return Optional.empty();
        }
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] hmac(byte[] key, byte[] text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e);
        }
    }
}
