package millrace.file;

import java.util.Set;

/** What a file is for (reference/rest-api §16). */
public enum FileType {
    UNKNOWN,
    FLOW_RUN_LOG,
    FLOW_RUN_LOG_SLICE,
    PACKAGE_ARCHIVE,
    FLOW_STEP_FILE,
    SAMPLE_DATA,
    SAMPLE_DATA_INPUT,
    TRIGGER_EVENT_FILE,
    TRIGGER_PAYLOAD,
    PROJECT_RELEASE,
    FLOW_VERSION_BACKUP,
    PLATFORM_ASSET,
    USER_PROFILE_PICTURE,
    WEBHOOK_PAYLOAD,
    KNOWLEDGE_BASE;

    /** Those that belong to runs and go with them. */
    static final Set<String> EXPIRING = Set.of(
            FLOW_RUN_LOG.name(),
            FLOW_RUN_LOG_SLICE.name(),
            FLOW_STEP_FILE.name(),
            TRIGGER_EVENT_FILE.name(),
            TRIGGER_PAYLOAD.name(),
            WEBHOOK_PAYLOAD.name());

    /** The type of a row; types of later versions are UNKNOWN. */
    static FileType of(String text) {
        for (var type : values()) {
            if (type.name().equals(text)) {
                return type;
            }
        }
        return UNKNOWN;
    }
}
