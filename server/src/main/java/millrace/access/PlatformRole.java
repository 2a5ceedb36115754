package millrace.access;

/** What a user is on its platform. */
public enum PlatformRole {
    /** Everything. */
    ADMIN,
    /** The own personal project, and team projects as a member. */
    MEMBER,
    /** All projects but other people's personal ones; no administration. */
    OPERATOR
}
