package millrace.http;

import java.util.LinkedHashMap;
import java.util.Map;
import millrace.engine.ErrorCode;
import millrace.engine.Json;
import millrace.engine.MillraceException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place that turns what was thrown into a status and a JSON body (reference/rest-api §1.2). */
final class ErrorHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ErrorHandler.class);

    /** A database that is away for a moment is mostly back by then, and the caller has waited already. */
    private static final String RETRY_AFTER_SECONDS = "5";

    private ErrorHandler() {}

    /** @param errorId the request's id; for unexpected exceptions it stands in the log and not in the body */
    static Answer answer(Throwable thrown, String errorId) {
        return switch (thrown) {
            case MillraceException refused -> refused(refused);
            case BadRequest bad -> framework(bad.status(), bad.reason(), bad.getMessage());
            default -> unexpected(thrown, errorId);
        };
    }

    /** The framework's body, also for what the HTTP library answers by itself. */
    static Answer framework(int status, String error, String message) {
        var body = Json.object();
        body.put("statusCode", status);
        body.put("error", error);
        body.put("message", message);
        return Answer.of(status, body);
    }

    private static Answer refused(MillraceException refused) {
        var answer =
                Answer.of(status(refused.code()), new Refusal(refused.code().wireName(), refused.params()));
        return switch (refused.code()) {
            case DATABASE_UNAVAILABLE ->
                new Answer(answer.status(), Map.of("retry-after", RETRY_AFTER_SECONDS), answer.body());
            // Pieces know these two by what the reference answers (rest-api §11).
            case STORE_ENTRY_NOT_FOUND -> Answer.text(answer.status(), "Value not found!");
            case STORE_ENTRY_TOO_LARGE -> Answer.of(answer.status(), Json.object());
            default -> answer;
        };
    }

    private static Answer unexpected(Throwable thrown, String errorId) {
        LOG.atError().addKeyValue("errorId", errorId).setCause(thrown).log("request failed");
        return framework(500, "Internal Server Error", "Internal Server Error");
    }

    private static int status(ErrorCode code) {
        return switch (code) {
            case INVALID_API_KEY, INVALID_BEARER_TOKEN, INVALID_CREDENTIALS, AUTHENTICATION -> 401;
            case QUOTA_EXCEEDED, FEATURE_DISABLED, AI_CREDIT_LIMIT_EXCEEDED -> 402;
            case PERMISSION_DENIED,
                    AUTHORIZATION,
                    SIGN_UP_DISABLED,
                    SESSION_EXPIRED,
                    EMAIL_IS_NOT_VERIFIED,
                    USER_IS_INACTIVE,
                    DOMAIN_NOT_ALLOWED,
                    EMAIL_AUTH_DISABLED,
                    INVITATION_ONLY_SIGN_UP -> 403;
            case ENTITY_NOT_FOUND, STORE_ENTRY_NOT_FOUND -> 404;
            case VALIDATION,
                    EXISTING_USER,
                    EXISTING_ALERT_CHANNEL,
                    FLOW_OPERATION_IN_PROGRESS,
                    PROJECT_EXTERNAL_ID_ALREADY_EXISTS -> 409;
            case INVALID_OTP, FLOW_RUN_RETRY_OUTSIDE_RETENTION -> 410;
            case FILE_TOO_LARGE, STORE_ENTRY_TOO_LARGE -> 413;
            case PAUSED_FLOW_TIMEOUT_EXCEEDED -> 422;
            case SANDBOX_CAPACITY_EXCEEDED, TOO_MANY_REQUESTS -> 429;
            case INTERNAL_SERVER_ERROR -> 500;
            case DATABASE_IS_A_CLONE, DATABASE_UNAVAILABLE -> 503;
            case EXECUTION_STATE_MISSING,
                    FLOW_MIGRATION_FAILED,
                    FLOW_OPERATION_INVALID,
                    GENERIC_ERROR,
                    INVALID_APP_CONNECTION,
                    INVALID_INPUT,
                    RESUME_LOGS_FILE_MISSING,
                    SUBFLOW_FAILED,
                    TEST_TRIGGER_FAILED,
                    TRIGGER_UPDATE_STATUS -> 400;
        };
    }

    /** The wire shape; the one untyped map we have. */
    record Refusal(String code, @Nullable Map<String, Object> params) {
        Refusal {
            params = params == null ? null : new LinkedHashMap<>(params);
        }
    }
}
