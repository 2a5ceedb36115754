package millrace.access;

/** The kinds of callers (reference/rest-api §2.1). Each has tokens of its own, which no other kind's key opens. */
public enum PrincipalType {
    /** A person with a session. */
    USER,
    /** A program with an API key; sees its whole platform. */
    SERVICE,
    /** A running flow; sees its own project. */
    ENGINE,
    WORKER,
    /** A person between sign-up and the first platform. */
    ONBOARDING,
    /** Nobody: no token was sent, or the route asks for none. */
    UNKNOWN
}
