package millrace.project;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which projects a list shows.
 *
 * @param displayName a part of the name, letters of either case being the same
 * @param types empty: all
 */
public record ProjectFilter(
        @Nullable String externalId, @Nullable String displayName, List<ProjectType> types) {
    public ProjectFilter {
        types = List.copyOf(types);
    }
}
