package millrace.flow;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * What a flow is made of.
 *
 * @param folderId wins over the name
 * @param folderName a folder of the project, made when it is not there
 */
public record NewFlow(
        @Nullable String projectId,
        String displayName,
        @Nullable String folderId,
        @Nullable String folderName,
        @Nullable String templateId,
        @Nullable ObjectNode metadata) {

    NewFlow into(@Nullable String foundFolderId) {
        return new NewFlow(projectId, displayName, foundFolderId, folderName, templateId, metadata);
    }
}
