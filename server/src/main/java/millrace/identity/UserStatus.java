package millrace.identity;

/** Whether a user may come in. */
public enum UserStatus {
    ACTIVE,
    INACTIVE
}
