package millrace.access;

import java.util.List;

/**
 * Which rows of tenant data a query may touch. Every store method takes one; there is no overload without it, so a query
 * across tenants can't be written by forgetting something.
 */
public sealed interface Scope {
    /** The named projects and nothing else; an empty list sees nothing. */
    record Projects(List<String> ids) implements Scope {
        public Projects {
            ids = List.copyOf(ids);
        }
    }

    /** Every project of one platform. */
    record Platform(String platformId) implements Scope {}

    /** Everything: work of the server itself, which says why. */
    record Everything(String reason) implements Scope {}

    static Scope project(String projectId) {
        return new Projects(List.of(projectId));
    }

    static Scope projects(List<String> projectIds) {
        return new Projects(projectIds);
    }

    static Scope platform(String platformId) {
        return new Platform(platformId);
    }

    static Scope nothing() {
        return new Projects(List.of());
    }

    /** For the server's own work (recovery, retention, start-up); the reason is for readers of the code and of logs. */
    static Scope system(String reason) {
        return new Everything(reason);
    }
}
