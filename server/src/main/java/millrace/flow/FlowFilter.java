package millrace.flow;

import java.util.List;
import millrace.definition.FlowVersion;
import org.jspecify.annotations.Nullable;

/**
 * Which flows of a project are listed; empty lists and nulls leave nothing out.
 *
 * @param uncategorised only flows without a folder
 * @param name a part of the version's name, in either case
 * @param versionState which version is shown and searched: the published one, the draft, or the latest when null
 * @param connectionIds external ids, one of which the version uses
 */
public record FlowFilter(
        @Nullable String projectId,
        List<String> folderIds,
        boolean uncategorised,
        List<FlowStatus> statuses,
        @Nullable String name,
        FlowVersion.@Nullable State versionState,
        List<String> connectionIds,
        List<String> agentIds,
        List<String> externalIds) {
    public FlowFilter {
        folderIds = List.copyOf(folderIds);
        statuses = List.copyOf(statuses);
        connectionIds = List.copyOf(connectionIds);
        agentIds = List.copyOf(agentIds);
        externalIds = List.copyOf(externalIds);
    }
}
