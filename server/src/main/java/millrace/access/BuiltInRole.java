package millrace.access;

import java.util.EnumSet;
import java.util.Set;

/** The roles that every installation has, under ids that never change (reference/data-model §2.20). */
public enum BuiltInRole {
    ADMIN("Admin", "461ueYHzMykyk5dIL8HzQ", EnumSet.allOf(Permission.class)),
    EDITOR("Editor", "sjWe85TwaFYxyhn2AgOha", editor()),
    VIEWER("Viewer", "aJVBSSJ3YqZ7r1laFjM0a", viewer());

    private final String roleName;
    private final String id;
    private final Set<Permission> permissions;

    BuiltInRole(String roleName, String id, Set<Permission> permissions) {
        this.roleName = roleName;
        this.id = id;
        this.permissions = Set.copyOf(permissions);
    }

    /** The name as the API and the table spell it. */
    public String roleName() {
        return roleName;
    }

    public String id() {
        return id;
    }

    public Set<Permission> permissions() {
        return permissions;
    }

    private static Set<Permission> editor() {
        return EnumSet.complementOf(EnumSet.of(
                Permission.WRITE_PROJECT_MEMBER,
                Permission.WRITE_INVITATION,
                Permission.READ_ALERT,
                Permission.WRITE_ALERT,
                Permission.WRITE_PROJECT));
    }

    private static Set<Permission> viewer() {
        return EnumSet.of(
                Permission.READ_APP_CONNECTION,
                Permission.READ_FLOW,
                Permission.READ_PROJECT_MEMBER,
                Permission.READ_INVITATION,
                Permission.READ_PROJECT,
                Permission.READ_RUN,
                Permission.READ_FOLDER,
                Permission.READ_TABLE,
                Permission.READ_MCP,
                Permission.READ_KNOWLEDGE_BASE,
                Permission.READ_VARIABLE);
    }
}
