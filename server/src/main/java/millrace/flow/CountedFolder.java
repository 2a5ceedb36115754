package millrace.flow;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A folder in a list, with how much is in it. */
public record CountedFolder(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String displayName,
        int displayOrder,
        @Nullable String externalId,
        int numberOfFlows,
        int numberOfTables) {

    static CountedFolder of(Folder folder, int flows, int tables) {
        return new CountedFolder(
                folder.id(),
                folder.created(),
                folder.updated(),
                folder.projectId(),
                folder.displayName(),
                folder.displayOrder(),
                folder.externalId(),
                flows,
                tables);
    }
}
