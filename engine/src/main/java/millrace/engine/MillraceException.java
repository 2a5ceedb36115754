package millrace.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the outside can cause: a refusal with a code and its parameters. Made by the factories, thrown where the rule
 * is, caught by http alone, which answers {@code {code, params}}.
 */
public final class MillraceException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final transient @Nullable Map<String, Object> params;

    private MillraceException(ErrorCode code, @Nullable Map<String, Object> params) {
        super(code + (params == null ? "" : " " + params));
        this.code = code;
        this.params = params;
    }

    public ErrorCode code() {
        return code;
    }

    /** Null where the reference answers {@code params: null} (INVALID_CREDENTIALS). */
    public @Nullable Map<String, Object> params() {
        return params;
    }

    public static MillraceException of(ErrorCode code) {
        return new MillraceException(code, Map.of());
    }

    public static MillraceException of(ErrorCode code, String message) {
        return new MillraceException(code, Map.of("message", message));
    }

    public static MillraceException of(ErrorCode code, Map<String, Object> params) {
        return new MillraceException(code, new LinkedHashMap<>(params));
    }

    public static MillraceException withoutParams(ErrorCode code) {
        return new MillraceException(code, null);
    }

    /** ENTITY_NOT_FOUND, the same for an unknown id and for one of another tenant. */
    public static MillraceException notFound(String entityType, String entityId) {
        var params = new LinkedHashMap<String, Object>();
        params.put("entityType", entityType);
        params.put("entityId", entityId);
        return new MillraceException(ErrorCode.ENTITY_NOT_FOUND, params);
    }

    /** VALIDATION with the status 400: input that breaks a rule which the request's shape does not show. */
    public static MillraceException invalid(String message) {
        return new MillraceException(ErrorCode.INVALID_INPUT, Map.of("message", message));
    }

    /** VALIDATION with the status 409: input that collides with what is there. */
    public static MillraceException conflict(String message) {
        return new MillraceException(ErrorCode.VALIDATION, Map.of("message", message));
    }
}
