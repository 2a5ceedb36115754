package millrace.flow;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A flow's row: what stays the same while its versions change (flow-format §2).
 *
 * @param externalId stable across installations; the id unless it was imported
 * @param folderId null for an uncategorised flow
 * @param publishedVersionId the version that production triggers run; null before the first publishing
 * @param timeSavedPerRun minutes
 */
record Flow(
        String id,
        Instant created,
        Instant updated,
        String projectId,
        String externalId,
        @Nullable String ownerId,
        @Nullable String folderId,
        FlowStatus status,
        @Nullable String publishedVersionId,
        String operationStatus,
        @Nullable JsonNode metadata,
        @Nullable Integer timeSavedPerRun,
        @Nullable String templateId,
        @Nullable JsonNode createdBy) {

    static Flow create(String id, String projectId, @Nullable String ownerId, NewFlow request, Instant now) {
        return new Flow(
                id,
                now,
                now,
                projectId,
                id,
                ownerId,
                request.folderId(),
                FlowStatus.DISABLED,
                null,
                "NONE",
                request.metadata(),
                null,
                request.templateId(),
                null);
    }

    boolean enabled() {
        return status == FlowStatus.ENABLED;
    }

    Flow at(Instant moment) {
        return copy(moment, ownerId, folderId, status, publishedVersionId, metadata, timeSavedPerRun);
    }

    Flow owned(String newOwnerId) {
        return copy(updated, newOwnerId, folderId, status, publishedVersionId, metadata, timeSavedPerRun);
    }

    Flow inFolder(@Nullable String newFolderId) {
        return copy(updated, ownerId, newFolderId, status, publishedVersionId, metadata, timeSavedPerRun);
    }

    Flow published(String versionId, FlowStatus newStatus) {
        return copy(updated, ownerId, folderId, newStatus, versionId, metadata, timeSavedPerRun);
    }

    Flow switched(FlowStatus newStatus) {
        return copy(updated, ownerId, folderId, newStatus, publishedVersionId, metadata, timeSavedPerRun);
    }

    Flow described(@Nullable JsonNode newMetadata) {
        return copy(updated, ownerId, folderId, status, publishedVersionId, newMetadata, timeSavedPerRun);
    }

    Flow saving(@Nullable Integer minutes) {
        return copy(updated, ownerId, folderId, status, publishedVersionId, metadata, minutes);
    }

    private Flow copy(
            Instant newUpdated,
            @Nullable String newOwnerId,
            @Nullable String newFolderId,
            FlowStatus newStatus,
            @Nullable String newPublishedVersionId,
            @Nullable JsonNode newMetadata,
            @Nullable Integer newTimeSavedPerRun) {
        return new Flow(
                id,
                created,
                newUpdated,
                projectId,
                externalId,
                newOwnerId,
                newFolderId,
                newStatus,
                newPublishedVersionId,
                operationStatus,
                newMetadata,
                newTimeSavedPerRun,
                templateId,
                createdBy);
    }
}
