package millrace.project;

/** A project of one person, or of a team. */
public enum ProjectType {
    PERSONAL,
    TEAM
}
