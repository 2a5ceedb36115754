package millrace.flow;

import org.jspecify.annotations.Nullable;

/**
 * What starting a run needs to know of a flow.
 *
 * @param publishedVersionId null before the first publishing
 * @param latestVersionId the draft, or the published version when there is no newer draft
 */
public record RunnableFlow(
        String id,
        String projectId,
        String platformId,
        FlowStatus status,
        @Nullable String publishedVersionId,
        String latestVersionId) {}
