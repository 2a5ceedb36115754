package millrace.flow;

import org.jspecify.annotations.Nullable;

/**
 * What starting a run needs to know of a flow.
 *
 * @param publishedVersionId null before the first publishing
 * @param latestVersionId the draft, or the published version when there is no newer draft
 * @param listening whether a test waits for an event of the trigger
 */
public record RunnableFlow(
        String id,
        String projectId,
        String platformId,
        FlowStatus status,
        @Nullable String publishedVersionId,
        String latestVersionId,
        boolean listening) {}
