package millrace.engine;

/** The codes that the API answers in {@code {code, params}} (reference/rest-api §1.3); http knows the status of each. */
public enum ErrorCode {
    AI_CREDIT_LIMIT_EXCEEDED,
    AUTHENTICATION,
    AUTHORIZATION,
    DATABASE_IS_A_CLONE,
    DATABASE_UNAVAILABLE,
    DOMAIN_NOT_ALLOWED,
    EMAIL_AUTH_DISABLED,
    EMAIL_IS_NOT_VERIFIED,
    ENTITY_NOT_FOUND,
    EXECUTION_STATE_MISSING,
    EXISTING_ALERT_CHANNEL,
    EXISTING_USER,
    FEATURE_DISABLED,
    FILE_TOO_LARGE,
    FLOW_MIGRATION_FAILED,
    FLOW_OPERATION_INVALID,
    FLOW_OPERATION_IN_PROGRESS,
    FLOW_RUN_RETRY_OUTSIDE_RETENTION,
    GENERIC_ERROR,
    INTERNAL_SERVER_ERROR,
    INVALID_API_KEY,
    INVALID_APP_CONNECTION,
    INVALID_BEARER_TOKEN,
    INVALID_CREDENTIALS,
    INVALID_OTP,
    /** VALIDATION on the wire, but with the status 400 instead of 409: input that can never be right. */
    INVALID_INPUT("VALIDATION"),
    INVITATION_ONLY_SIGN_UP,
    PAUSED_FLOW_TIMEOUT_EXCEEDED,
    PERMISSION_DENIED,
    PROJECT_EXTERNAL_ID_ALREADY_EXISTS,
    QUOTA_EXCEEDED,
    RESUME_LOGS_FILE_MISSING,
    SANDBOX_CAPACITY_EXCEEDED,
    SESSION_EXPIRED,
    SIGN_UP_DISABLED,
    STORE_ENTRY_NOT_FOUND,
    STORE_ENTRY_TOO_LARGE,
    SUBFLOW_FAILED,
    TEST_TRIGGER_FAILED,
    TOO_MANY_REQUESTS,
    TRIGGER_UPDATE_STATUS,
    USER_IS_INACTIVE,
    VALIDATION;

    private final String wireName;

    ErrorCode() {
        this.wireName = name();
    }

    ErrorCode(String wireName) {
        this.wireName = wireName;
    }

    /** The code as the API spells it. */
    public String wireName() {
        return wireName;
    }
}
